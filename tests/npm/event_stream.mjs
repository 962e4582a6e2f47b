// graphql-sse as the client, with a stream for each operation and with one for all.
import { createClient } from "graphql-sse";

import { LABEL, address, answers, follow, key, signIn, tell } from "./gateway.mjs";

const url = `${address}/graphql/stream`;
const visit = await signIn();
const found = {};

for (const singleConnection of [false, true]) {
  const options = { url, singleConnection, retryAttempts: 0 };
  const page = createClient({ ...options, headers: { cookie: visit.cookie } });
  const integration = createClient({ ...options, headers: { authorization: `Bearer ${key}` } });
  const wrong = createClient({ ...options, headers: { authorization: "Bearer wrong" } });
  const label = (text) => answers(page, { query: LABEL, variables: { id: visit.number, label: text } });

  found[singleConnection ? "one" : "each"] = {
    query: await answers(integration, { query: "query A { __typename } query B { b: __typename }", operationName: "B" }),
    mutation: await label("One"),
    subscription: await follow(page, visit),
    again: await label("Four"),
    wrong: await answers(wrong, { query: "{ __typename }" }).catch((error) => error.response?.status ?? error.message),
  };
  for (const client of [page, integration, wrong]) client.dispose();
}
tell(found);
