// What linters say of the schema; names with an underscore are federation's, not the gateway's own.
import { readFileSync } from "node:fs";

import graphqlEslint from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";
import { parse, print, visit } from "graphql";
import linter from "graphql-schema-linter";

import { tell } from "./gateway.mjs";

const file = new URL("../../schema/schema.graphql", import.meta.url);
const own = (node) => (node.name.value.startsWith("_") ? null : undefined);
const unspecified = (node) => (node.name.value === "oneOf" ? null : undefined);
const schema = print(
  visit(parse(readFileSync(file, "utf-8")), {
    FieldDefinition: own,
    ObjectTypeDefinition: own,
    ScalarTypeDefinition: own,
    UnionTypeDefinition: own,
    DirectiveDefinition: unspecified,
  }),
);

const configuration = new linter.configuration.Configuration({ definition: schema });
// Fields stand in the order in which they are read, not in that of the alphabet.
const rules = configuration.getRules().filter((rule) => !rule.name.endsWith("SortedAlphabetically"));
const linted = linter.validator.validateSchemaDefinition({ definition: schema }, rules, configuration);

const { "flat/schema-recommended": recommended, "flat/schema-relay": relay } = graphqlEslint.configs;
const eslint = new ESLint({
  overrideConfigFile: true,
  overrideConfig: {
    files: ["*.graphql"],
    languageOptions: { parser: graphqlEslint.parser, parserOptions: { graphQLConfig: { schema } } },
    plugins: { "@graphql-eslint": graphqlEslint },
    rules: {
      ...recommended.rules,
      ...relay.rules,
      "@graphql-eslint/strict-id-in-types": "off", // money, pages and payloads have no identity
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }], // small lists are paged forwards only
      // Connections have `nodes` beside `edges`, short lists are no connections, and not every row has an id.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
    },
  },
});
const [{ messages }] = await eslint.lintText(schema, { filePath: "schema.graphql" });

tell({
  rules: rules.length,
  linter: linted.map(({ ruleName, message }) => `${ruleName}: ${message}`),
  eslint: messages.map(({ ruleId, message }) => `${ruleId}: ${message}`),
});
