// The example operations, read from examples/<audience>/*.graphql; the comments at the top of each are their title and explanation.
import { parse, type OperationDefinitionNode } from "graphql";

import { language, type Language } from "./texts";

export const AUDIENCES = ["portal", "administrator", "reporting"] as const;
export type Audience = (typeof AUDIENCES)[number];

export interface Example {
  audience: Audience;
  /** The operation's name, which becomes the title of its tab. */
  name: string;
  title: string;
  explanation: string;
  /** The operation under its comment, as it goes into a tab. */
  document: string;
  variableNames: string[];
  /** The same in the other languages, to recognise a tab that nobody has edited. */
  documents: Record<Language, string>;
}

const sources = import.meta.glob<string>("./examples/*/*.graphql", { query: "?raw", import: "default", eager: true });

// 2-… before 10-….
const inOrder = new Intl.Collator("en", { numeric: true }).compare;

export const EXAMPLES: Example[] = Object.keys(sources).sort(inOrder).map((path) => {
  const source = sources[path]!;
  const { title, explanation } = comment(source, language);
  const documents = { en: document(source, "en"), ru: document(source, "ru") };
  const operation = parse(source).definitions[0] as OperationDefinitionNode;
  return {
    audience: path.split("/")[2] as Audience,
    name: operation.name!.value,
    title,
    explanation,
    document: documents[language],
    variableNames: withoutDefault(operation),
    documents,
  };
});

/** The example that a tab still holds unedited, in whatever language. */
export function exampleIn(query: string | null): Example | undefined {
  return EXAMPLES.find(({ documents }) => Object.values(documents).includes(query ?? ""));
}

/** The variables editor's text for an example. */
export function variablesOf(example: Example, values: Record<string, unknown>): string {
  if (example.variableNames.length === 0) return "";
  return JSON.stringify(Object.fromEntries(example.variableNames.map((name) => [name, values[name] ?? null])), null, 2);
}

function comment(source: string, wanted: Language): { title: string; explanation: string } {
  const prefix = `# ${wanted}: `;
  const lines = source.split("\n").filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  return { title: lines[0]!, explanation: lines.slice(1).join(" ") };
}

function document(source: string, wanted: Language): string {
  const { title, explanation } = comment(source, wanted);
  return `# ${title}\n# ${explanation}\n${source.replaceAll(/^# \w\w: .*\n/gm, "")}`;
}

/** Names of the variables that a value has to be found for. */
function withoutDefault(operation: OperationDefinitionNode): string[] {
  return (operation.variableDefinitions ?? []).filter((v) => !v.defaultValue).map((v) => v.variable.name.value);
}
