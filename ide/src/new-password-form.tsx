// A password for whoever has none, has forgotten it or is locked out: a one-time code is sent, and sets it.
import { type FormEvent, useState } from "react";

import type { Typed } from "./log-in";
import { requestCode, setPassword, type Viewer } from "./session";
import { texts } from "./texts";
import { useAttempt } from "./use-attempt";

interface Props {
  typed: Typed;
  onLogIn: (viewer: Viewer) => void;
  onBack: (typed: Typed) => void;
}

export function NewPasswordForm({ typed, onLogIn, onBack }: Props) {
  const [login, setLogin] = useState(typed.login);
  const [asked, setAsked] = useState(false);
  const { busy, refusals, attempt } = useAttempt();

  async function ask() {
    const answer = await attempt(() => requestCode(login));
    // Whoever asked a moment ago has a code already.
    if (answer?.userErrors.every(({ code }) => code === "ALREADY_DONE")) setAsked(true);
  }

  async function set(form: FormData) {
    const password = String(form.get("password"));
    const answer = await attempt(() => setPassword({ login, code: String(form.get("code")), password }));
    if (answer?.viewer) onLogIn(answer.viewer);
    else if (answer?.secondFactorRequired) onBack({ login, password, codeWanted: true });
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (asked) set(new FormData(event.currentTarget));
    else ask();
  }

  return (
    <form onSubmit={submit}>
      <h2>{texts.newPasswordTitle}</h2>
      <p role="status">{asked ? texts.codeSent : texts.newPasswordHint}</p>
      <label>
        {texts.login}
        <input
          name="login"
          autoComplete="username"
          value={login}
          onChange={(event) => setLogin(event.target.value)}
          required
          readOnly={asked}
          autoFocus
        />
      </label>
      {asked && (
        <>
          <label>
            {texts.oneTimeCode}
            <input name="code" inputMode="numeric" autoComplete="one-time-code" required autoFocus />
          </label>
          <label>
            {texts.newPassword}
            <input name="password" type="password" autoComplete="new-password" minLength={10} required />
          </label>
        </>
      )}
      {refusals}
      <button type="submit" disabled={busy}>
        {asked ? texts.setPassword : texts.sendCode}
      </button>
      {asked && (
        <button type="button" disabled={busy} onClick={ask}>
          {texts.sendAnother}
        </button>
      )}
      <button type="button" className="link" onClick={() => onBack({ login, password: "", codeWanted: false })}>
        {texts.back}
      </button>
    </form>
  );
}
