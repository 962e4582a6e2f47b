// The page as a whole: the log-in for a stranger, GraphiQL for whoever is signed in.
import { lazy, Suspense, useCallback, useEffect, useState } from "react";

import { UNAUTHENTICATED } from "./gateway";
import { Header } from "./header";
import { Loading } from "./loading";
import { LogInPage } from "./log-in";
import { logOut, signedIn, type Viewer } from "./session";

// Loaded after the log-in: it is most of the page's weight.
const Workspace = lazy(() => import("./workspace"));

export function App() {
  // undefined: not known yet; null: a stranger.
  const [viewer, setViewer] = useState<Viewer | null>();
  // Whose workspace is open; it stays when their session has ended.
  const [owner, setOwner] = useState<string>();

  const enter = useCallback((found: Viewer | null) => {
    setViewer(found);
    if (found) setOwner(found.administrator?.id ?? found.name);
  }, []);
  const look = useCallback(() => void signedIn().then(enter, () => enter(null)), [enter]);
  useEffect(look, [look]);
  useEffect(() => {
    addEventListener(UNAUTHENTICATED, look);
    return () => removeEventListener(UNAUTHENTICATED, look);
  }, [look]);

  function leave() {
    logOut().finally(() => {
      setOwner(undefined);
      look();
    });
  }

  return (
    <>
      <Header viewer={viewer ?? null} onLogOut={leave} />
      <main>
        {owner && (
          <div className="workspace" inert={!viewer}>
            <Suspense fallback={<Loading />}>
              <Workspace key={owner} owner={owner} />
            </Suspense>
          </div>
        )}
        {viewer === null && <LogInPage ended={owner !== undefined} onLogIn={enter} />}
      </main>
    </>
  );
}
