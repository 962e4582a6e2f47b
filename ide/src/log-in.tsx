// The log-in: a form, and in the demo a list of people to be.
import { type FormEvent, useState } from "react";

import { demo, DEMO_PASSWORD, demoLogIns } from "./demo";
import { type LogIn, logIn, type Viewer } from "./gateway";
import { texts } from "./texts";

export function LogInPage({ onLogIn }: { onLogIn: (viewer: Viewer) => void }) {
  const [refusals, setRefusals] = useState<string[]>([]);
  const [codeWanted, setCodeWanted] = useState(false);
  const [busy, setBusy] = useState(false);

  async function enter(input: LogIn) {
    setBusy(true);
    try {
      const { viewer, secondFactorRequired, userErrors } = await logIn(input);
      if (viewer) return onLogIn(viewer);
      setCodeWanted(secondFactorRequired);
      setRefusals(userErrors.map(({ message, hint }) => (hint ? `${message} ${hint}` : message)));
    } catch (error) {
      setRefusals([(error as Error).message]);
    }
    setBusy(false);
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const code = form.get("code");
    enter({
      login: String(form.get("login")),
      password: String(form.get("password")),
      remember: form.has("remember"),
      ...(code && { code: String(code) }),
    });
  }

  return (
    <div className="log-in">
      <form onSubmit={submit}>
        <h2>{texts.logIn}</h2>
        <p>{texts.logInHint}</p>
        <label>
          {texts.login}
          <input name="login" autoComplete="username" required autoFocus />
        </label>
        <label>
          {texts.password}
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {codeWanted && (
          <label>
            {texts.code}
            <input name="code" autoComplete="one-time-code" required autoFocus />
          </label>
        )}
        <label className="remember">
          <input name="remember" type="checkbox" />
          {texts.remember}
        </label>
        <div role="alert">
          {refusals.map((refusal) => (
            <p key={refusal}>{refusal}</p>
          ))}
        </div>
        <button type="submit" disabled={busy}>
          {texts.logIn}
        </button>
      </form>
      {demo && (
        <section aria-labelledby="demo-title">
          <h2 id="demo-title">{texts.demoTitle}</h2>
          <p>{texts.demoHint}</p>
          <ul>
            {demoLogIns.map(({ login, role, duty }) => (
              <li key={login}>
                <button type="button" disabled={busy} onClick={() => enter({ login, password: DEMO_PASSWORD })}>
                  <b>{role}</b>
                  <code>{login}</code>
                  <span>{duty}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
