// GraphiQL's memory in the browser, one for each person who signs in, and the examples that it begins with.
import { AUDIENCES, EXAMPLES, exampleIn, variablesOf } from "./examples";

const TABS = "graphiql:tabState";
const QUERY = "graphiql:query";
const VARIABLES = "graphiql:variables";
const PANEL_WIDTH = "graphiql:docExplorerFlex";

/** What GraphiQL keeps of a tab. */
interface Tab {
  id: string;
  title: string;
  query: string | null;
  variables: string | null;
  headers: null;
  operationName: string | null;
  response: null;
}

interface Tabs {
  activeTabIndex: number;
  tabs: Tab[];
}

/**
 * Lays out the tabs that GraphiQL will find: at the first visit one example for each audience, later what was left open.
 * Examples that nobody has edited follow the language.
 */
export function layOutTabs(storage: PersonalStorage, values: Record<string, unknown>): void {
  const stored = storage.getItem(TABS);
  if (!stored) storage.setItem(PANEL_WIDTH, "0.3");
  const state: Tabs = stored ? JSON.parse(stored) : { activeTabIndex: 0, tabs: firstTabs(values) };
  for (const tab of state.tabs) tab.query = exampleIn(tab.query)?.document ?? tab.query;
  const active = state.tabs[state.activeTabIndex];
  storage.setItem(TABS, JSON.stringify(state));
  // GraphiQL opens the tab whose contents are these.
  storage.setItem(QUERY, active?.query ?? "");
  storage.setItem(VARIABLES, active?.variables ?? "");
}

function firstTabs(values: Record<string, unknown>): Tab[] {
  return AUDIENCES.map((audience) => EXAMPLES.find((example) => example.audience === audience)!).map((example) => ({
    id: example.name,
    title: example.name,
    query: example.document,
    variables: variablesOf(example, values),
    headers: null,
    operationName: example.name,
    response: null,
  }));
}

export class PersonalStorage {
  readonly #prefix: string;

  constructor(owner: string) {
    this.#prefix = `gateway:${owner}:`;
  }

  getItem(key: string): string | null {
    return localStorage.getItem(this.#prefix + key);
  }

  setItem(key: string, value: string): void {
    localStorage.setItem(this.#prefix + key, value);
  }

  removeItem(key: string): void {
    localStorage.removeItem(this.#prefix + key);
  }

  get length(): number {
    return this.#keys().length;
  }

  clear(): void {
    for (const key of this.#keys()) localStorage.removeItem(key);
  }

  #keys(): string[] {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix));
  }
}
