// Signing in by a password, with a second factor where there is one, or by a passkey.
import { type FormEvent, useRef, useState } from "react";

import type { Typed } from "./log-in";
import { logIn, logInByPasskey, type LogInAnswer, type Viewer } from "./session";
import { texts } from "./texts";
import { useAttempt } from "./use-attempt";

// The gateway's own rule: passkeys belong to a host name. Browsers add HTTPS, or localhost.
const NUMERIC_HOST = /^[\d.]+$|:/.test(location.hostname);
const LOOPBACK = /^127\.|^\[::1\]$/.test(location.hostname);

interface Props {
  typed: Typed;
  hint: string;
  onLogIn: (viewer: Viewer) => void;
  onNoPassword: (typed: Typed) => void;
}

export function PasswordForm({ typed, hint, onLogIn, onNoPassword }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [codeWanted, setCodeWanted] = useState(typed.codeWanted);
  const { busy, refusals, attempt } = useAttempt();

  const fields = () => new FormData(form.current!);
  const text = (name: string) => String(fields().get(name) ?? "");

  async function enter(act: () => Promise<LogInAnswer>) {
    const answer = await attempt(act);
    if (answer?.viewer) onLogIn(answer.viewer);
    else if (answer) setCodeWanted(answer.secondFactorRequired);
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    const code = text("code");
    const input = { login: text("login"), password: text("password"), remember: fields().has("remember") };
    enter(() => logIn({ ...input, ...(code && { code }) }));
  }

  return (
    <form ref={form} onSubmit={submit}>
      <h2>{texts.logIn}</h2>
      <p>{hint}</p>
      <label>
        {texts.login}
        <input name="login" autoComplete="username" defaultValue={typed.login} required autoFocus={!codeWanted} />
      </label>
      <label>
        {texts.password}
        <input name="password" type="password" autoComplete="current-password" defaultValue={typed.password} required />
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
      {refusals}
      <button type="submit" disabled={busy}>
        {texts.logIn}
      </button>
      {NUMERIC_HOST || !("PublicKeyCredential" in window) ? (
        <small>
          {texts.passkeyHost} {LOOPBACK && <a href={atLocalhost()}>{atLocalhost()}</a>}
        </small>
      ) : (
        <button type="button" disabled={busy} onClick={() => enter(() => logInByPasskey(fields().has("remember")))}>
          {codeWanted ? texts.passkeyInstead : texts.passkey}
        </button>
      )}
      <button type="button" className="link" onClick={() => onNoPassword({ login: text("login"), password: "", codeWanted: false })}>
        {texts.noPassword}
      </button>
    </form>
  );
}

function atLocalhost(): string {
  return `${location.protocol}//localhost:${location.port}/`;
}
