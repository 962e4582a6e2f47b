// The audits of GraphQL over HTTP, as the holder of the key: what became of each.
import { auditServer } from "graphql-http";

import { address, key, tell } from "./gateway.mjs";

const fetchFn = (url, request = {}) =>
  fetch(url, { ...request, headers: { ...request.headers, authorization: `Bearer ${key}` } });

const results = await auditServer({ url: `${address}/graphql`, fetchFn });
tell(results.map(({ status, id, name, reason }) => ({ status, id, name, reason })));
