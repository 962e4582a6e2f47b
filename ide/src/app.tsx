// The page as a whole: the log-in for a stranger, GraphiQL for whoever is signed in.
import { lazy, Suspense, useCallback, useEffect, useState } from "react";

import { Header } from "./header";
import { Loading } from "./loading";
import { LogInPage } from "./log-in";
import { logOut, signedIn, type Viewer } from "./session";

// Loaded after the log-in: it is most of the page's weight.
const Workspace = lazy(() => import("./workspace"));

export function App() {
  // undefined: not known yet; null: a stranger.
  const [viewer, setViewer] = useState<Viewer | null>();
  const owner = viewer && (viewer.administrator?.id ?? viewer.name);

  const look = useCallback(() => void signedIn().then(setViewer, () => setViewer(null)), []);
  useEffect(look, [look]);

  return (
    <>
      <Header viewer={viewer ?? null} onLogOut={() => logOut().finally(look)} />
      <main>
        {viewer === null && <LogInPage onLogIn={setViewer} />}
        {owner && (
          <Suspense fallback={<Loading />}>
            <Workspace key={owner} owner={owner} onUnauthenticated={look} />
          </Suspense>
        )}
      </main>
    </>
  );
}
