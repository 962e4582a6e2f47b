// urql: a query, the same from its cache, and an error with its code.
import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";

import { address, key, tell } from "./gateway.mjs";

const VIEWER = gql`query Viewer { viewer { name } }`;
const headers = { authorization: `Bearer ${key}` };
const client = new Client({
  url: `${address}/graphql`,
  exchanges: [cacheExchange, fetchExchange],
  fetchOptions: { headers },
  preferGetMethod: false,
});

const asked = await client.query(VIEWER, {}).toPromise();
const cached = await client.query(VIEWER, {}).toPromise();
const wrong = await client.query(gql`query ($id: ID!) { node(id: $id) { id } }`, { id: "what" }).toPromise();

tell({
  name: asked.data.viewer.name,
  cached: [asked.stale ?? false, cached.data.viewer.name === asked.data.viewer.name],
  codes: wrong.error.graphQLErrors.map(({ extensions }) => extensions.code),
});
