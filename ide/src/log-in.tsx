// The log-in: one of two forms, and in the demo a list of people to be.
import { useState } from "react";

import { demo, DEMO_PASSWORD, demoLogIns } from "./demo";
import { NewPasswordForm } from "./new-password-form";
import { PasswordForm } from "./password-form";
import { logIn, type Viewer } from "./session";
import { texts } from "./texts";
import { useAttempt } from "./use-attempt";

/** What a person has typed and takes along from form to form. */
export interface Typed {
  login: string;
  password: string;
  /** The password is right, and a second factor is asked for. */
  codeWanted: boolean;
}

interface Props {
  /** The session of somebody whose work is still open has ended. */
  ended: boolean;
  onLogIn: (viewer: Viewer) => void;
}

export function LogInPage({ ended, onLogIn }: Props) {
  const [typed, setTyped] = useState<Typed>({ login: "", password: "", codeWanted: false });
  const [passwordless, setPasswordless] = useState(false);

  function goOn(next: Typed) {
    setTyped(next);
    setPasswordless(!passwordless);
  }

  return (
    <div className={ended ? "log-in over" : "log-in"}>
      {passwordless ? (
        <NewPasswordForm typed={typed} onLogIn={onLogIn} onBack={goOn} />
      ) : (
        <PasswordForm typed={typed} hint={ended ? texts.ended : texts.logInHint} onLogIn={onLogIn} onNoPassword={goOn} />
      )}
      {demo && <DemoLogIns onLogIn={onLogIn} />}
    </div>
  );
}

function DemoLogIns({ onLogIn }: { onLogIn: (viewer: Viewer) => void }) {
  const { busy, attempt, refusals } = useAttempt();

  async function enter(login: string) {
    const answer = await attempt(() => logIn({ login, password: DEMO_PASSWORD }));
    if (answer?.viewer) onLogIn(answer.viewer);
  }

  return (
    <section aria-labelledby="demo-title">
      <h2 id="demo-title">{texts.demoTitle}</h2>
      <p>{texts.demoHint}</p>
      {refusals}
      <ul>
        {demoLogIns.map(({ login, role, duty }) => (
          <li key={login}>
            <button type="button" disabled={busy} onClick={() => enter(login)}>
              <b>{role}</b>
              <code>{login}</code>
              <span>{duty}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
