// graphql-ws as the client: every kind of operation, and the close code of every violation of the protocol.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { FOLLOW, LABEL, address, answers, follow, key, signIn, tell } from "./gateway.mjs";

const url = `${address.replace("http", "ws")}/graphql`;
const visit = await signIn();
const { cookie, company, number } = visit;

class Page extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols, { headers: { cookie, origin: address } });
  }
}

const page = createClient({ url, webSocketImpl: Page, retryAttempts: 0, keepAlive: 1_000 });
const integration = createClient({
  url,
  webSocketImpl: WebSocket,
  retryAttempts: 0,
  connectionParams: { authorization: `Bearer ${key}` },
});

// Closes by itself, or after an answer of this type.
function conversation(messages, { protocol = "graphql-transport-ws", headers = {}, until = null } = {}) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, protocol, { headers });
    socket.on("open", () => messages.forEach((each) => socket.send(typeof each === "string" ? each : JSON.stringify(each))));
    socket.on("message", (text) => JSON.parse(text).type === until && socket.close(1000));
    socket.on("close", (code) => resolve(code));
    socket.on("error", (error) => resolve(error.message));
  });
}

const init = { type: "connection_init" };
const subscribe = { id: "1", type: "subscribe", payload: { query: FOLLOW, variables: { id: company } } };
const signedIn = { headers: { cookie, origin: address } };

tell({
  query: await answers(integration, { query: "query A { __typename } query B { b: __typename }", operationName: "B" }),
  schema: (await answers(integration, { query: "{ __schema { subscriptionType { name } } }" }))[0],
  mutation: await answers(page, { query: LABEL, variables: { id: number, label: "One" } }),
  subscription: await follow(page, visit),
  invalid: await answers(page, { query: "{ nothing }" }).catch((errors) => errors.map(({ extensions }) => extensions.code)),
  foreign: await answers(integration, { query: FOLLOW, variables: { id: "com_999999" } }).catch((errors) =>
    errors.map(({ extensions }) => extensions.reason),
  ),
  closes: {
    "no protocol": await conversation([], { protocol: [] }),
    "legacy protocol": await conversation([init], { protocol: "graphql-ws" }),
    "no JSON": await conversation(["{"]),
    "no message": await conversation([init, { type: "start" }]),
    "no id": await conversation([init, { ...subscribe, id: undefined }]),
    "no query": await conversation([init, { ...subscribe, payload: {} }]),
    "not acknowledged": await conversation([subscribe]),
    "initialised twice": await conversation([init, init]),
    "the same id twice": await conversation([init, subscribe, subscribe], signedIn),
    "nothing at all": await conversation([]),
    "wrong key": await conversation([{ ...init, payload: { authorization: "Bearer wrong" } }]),
    "too long": await conversation([init, { type: "ping", payload: { text: "x".repeat(100_001) } }]),
    "another site": await conversation([init], { headers: { cookie, origin: "https://evil.example" } }),
    "as it should be": await conversation([init, { type: "ping" }], { ...signedIn, until: "pong" }),
  },
});
await Promise.all([page.dispose(), integration.dispose()]);
