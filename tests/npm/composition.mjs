// A supergraph of the gateway, as it describes itself, and of a subgraph that refers to its companies.
import { composeServices } from "@apollo/composition";
import { buildSchema, parse } from "graphql";

import { address, key, tell } from "./gateway.mjs";

const CONTRACTS = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])
  type Query { contracts(first: Int): [Contract!]! }
  type Contract @key(fields: "id") { id: ID! company: Company! page: PageInfo! }
  type Company @key(fields: "id", resolvable: false) { id: ID! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
`;

const answer = await fetch(`${address}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
  body: JSON.stringify({ query: "{ _service { sdl } }" }),
});
const { sdl } = (await answer.json()).data._service;
const { errors = [], supergraphSdl = "" } = composeServices([
  { name: "gateway", url: `${address}/graphql`, typeDefs: parse(sdl) },
  { name: "contracts", url: "http://contracts.example/graphql", typeDefs: parse(CONTRACTS) },
]);
const supergraph = errors.length === 0 ? buildSchema(supergraphSdl, { assumeValidSDL: true }) : undefined;
const field = supergraph?.getType("Number").getFields().msisdn;

tell({
  errors: errors.map(({ message }) => message),
  company: supergraph?.getType("Company").astNode.directives.map(({ name }) => name.value),
  msisdn: field?.astNode.directives.map(({ name }) => name.value),
  federation: Object.keys(supergraph?.getQueryType().getFields() ?? {}).filter((name) => name.startsWith("_")),
});
