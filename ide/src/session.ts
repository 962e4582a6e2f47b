// Who is signed in, and the ways to become that: a password, a one-time code for a new one, a passkey.
import { send } from "./gateway";
import BEGIN_PASSKEY from "./operations/begin-passkey.graphql?raw";
import LOG_IN_BY_PASSKEY from "./operations/log-in-by-passkey.graphql?raw";
import LOG_IN from "./operations/log-in.graphql?raw";
import LOG_OUT from "./operations/log-out.graphql?raw";
import REQUEST_CODE from "./operations/request-code.graphql?raw";
import SET_PASSWORD from "./operations/set-password.graphql?raw";
import SIGNED_IN from "./operations/signed-in.graphql?raw";
import { texts } from "./texts";

export interface Viewer {
  name: string;
  administrator: { id: string } | null;
}

interface UserError {
  code: string;
  field: string[];
  message: string;
  hint: string | null;
}

interface Answer {
  userErrors: UserError[];
}

/** Without a viewer and without an error the second factor is still to come. */
export interface LogInAnswer extends Answer {
  viewer: Viewer | null;
  secondFactorRequired: boolean;
}

/** Who is signed in; null for a stranger. */
export async function signedIn(): Promise<Viewer | null> {
  const { data } = await send<{ viewer: Viewer | null }>({ query: SIGNED_IN });
  return data?.viewer ?? null;
}

export function logIn(input: { login: string; password: string; code?: string; remember?: boolean }): Promise<LogInAnswer> {
  return mutate(LOG_IN, input);
}

/** The answer is the same whether anybody signs in with it or not. */
export function requestCode(login: string): Promise<Answer> {
  return mutate(REQUEST_CODE, { login });
}

export function setPassword(input: { login: string; code: string; password: string }): Promise<LogInAnswer> {
  return mutate(SET_PASSWORD, input);
}

/** Asks the browser for a passkey of this site. */
export async function logInByPasskey(remember: boolean): Promise<LogInAnswer> {
  const begun = await mutate<Answer & { options: PublicKeyCredentialRequestOptionsJSON | null }>(BEGIN_PASSKEY);
  if (!begun.options) return { viewer: null, secondFactorRequired: false, userErrors: begun.userErrors };
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options);
  const credential = await navigator.credentials.get({ publicKey }).catch(() => {
    throw new Error(texts.noPasskey);
  });
  return mutate(LOG_IN_BY_PASSKEY, { credential: (credential as PublicKeyCredential).toJSON(), remember });
}

export async function logOut(): Promise<void> {
  await send({ query: LOG_OUT });
}

async function mutate<Payload>(query: string, input?: object): Promise<Payload> {
  const { data, errors } = await send<{ answer: Payload }>({ query, variables: { input } });
  if (!data) throw new Error(errors?.map((error) => error.message).join("\n"));
  return data.answer;
}
