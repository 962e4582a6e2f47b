// Relay: its compiler takes the schema, its runtime pages a connection through `node`.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import compiler from "relay-compiler";
import relay from "relay-runtime";

import { address, key, tell } from "./gateway.mjs";

const SOURCE = `
  graphql\`query CompaniesQuery { companies(first: 1) { nodes { id ...Numbers_company } } }\`;
  graphql\`
    fragment Numbers_company on Company
      @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
      @refetchable(queryName: "NumbersPageQuery") {
      numbers(first: $count, after: $cursor) @connection(key: "Numbers_company_numbers") {
        edges { node { id msisdn tariff { name } } }
      }
    }
  \`;
`;
const { Environment, Network, RecordSource, Store, fetchQuery } = relay;

const folder = mkdtempSync(join(tmpdir(), "relay-"));
try {
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src", "companies.js"), SOURCE);
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  copyFileSync(fileURLToPath(new URL("../../schema/schema.graphql", import.meta.url)), join(folder, "schema.graphql"));
  const settings = { src: "src", schema: "schema.graphql", language: "javascript", eagerEsModules: true };
  writeFileSync(join(folder, "relay.config.json"), JSON.stringify(settings));
  execFileSync(compiler, ["relay.config.json"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });

  const artifact = async (name) =>
    (await import(pathToFileURL(join(folder, "src", "__generated__", `${name}.graphql.js`)))).default;
  const post = async ({ text }, variables) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    const answer = await fetch(`${address}/graphql`, {
      method: "POST",
      headers,
      body: JSON.stringify({ query: text, variables }),
    });
    return answer.json();
  };
  const environment = new Environment({ network: Network.create(post), store: new Store(new RecordSource()) });
  const first = await fetchQuery(environment, await artifact("CompaniesQuery"), {}).toPromise();
  const { id } = first.companies.nodes[0];
  const connection = () => environment.getStore().getSource().get(`client:${id}:__Numbers_company_numbers_connection`);
  const page = environment.getStore().getSource().get(connection().pageInfo.__ref);
  await fetchQuery(environment, await artifact("NumbersPageQuery"), { id, count: 2, cursor: page.endCursor }).toPromise();

  tell({ company: id, edges: connection().edges.__refs.length });
} finally {
  rmSync(folder, { recursive: true });
}
