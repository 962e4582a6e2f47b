// What the page itself asks the gateway for, over the same endpoint that everybody uses.
import { type ExecutionResult, GraphQLError } from "graphql";
import { type Client, CloseCode, createClient } from "graphql-ws";

import EXAMPLE_BULK_CHANGES from "./operations/example-bulk-changes.graphql?raw";
import EXAMPLE_VALUES from "./operations/example-values.graphql?raw";
import { language, texts } from "./texts";

export interface Result<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export interface Request {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string | null;
}

/** Event of the window: an answer said that nobody is signed in. */
export const UNAUTHENTICATED = "gateway:unauthenticated";

/** Sends one operation; the session travels in the cookie. */
export async function send<Data>(request: Request, headers?: Record<string, string>): Promise<Result<Data>> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json;q=0.9",
      "Accept-Language": language,
      ...headers,
    },
    body: JSON.stringify(request),
  }).catch(() => {
    throw new Error(texts.noAnswer);
  });
  if (!response.headers.get("Content-Type")?.includes("json")) {
    throw new Error(`HTTP ${response.status} ${response.statusText}`);
  }
  const result: Result<Data> = await response.json();
  report(result.errors);
  return result;
}

const running = new Set<Client>();

/** Whether a subscription is running. */
export function following(): boolean {
  return running.size > 0;
}

/** The answers of a subscription, over a socket of its own that closes with it. */
export function follow(request: Request, headers?: Record<string, string>): AsyncIterableIterator<ExecutionResult> {
  const client = createClient({
    url: `${location.origin.replace(/^http/, "ws")}/graphql`,
    connectionParams: { "Accept-Language": language, ...headers },
  });
  const answers = client.iterate(request) as AsyncIterableIterator<ExecutionResult>;
  running.add(client);

  async function end(): Promise<IteratorReturnResult<undefined>> {
    running.delete(client);
    await client.dispose();
    return { done: true, value: undefined };
  }

  // Not a generator, which could be stopped at an answer only, not while it waits for one.
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const answer = await answers.next();
        return answer.done ? await end() : answer;
      } catch (reason) {
        const lost = new GraphQLError(texts.noAnswer, { extensions: { code: codeOf(reason) } });
        const errors: GraphQLError[] = Array.isArray(reason) ? reason : [lost];
        report(errors);
        return { done: false, value: { errors } };
      }
    },
    async return() {
      await answers.return?.();
      return end();
    },
  };
}

function report(errors: readonly { extensions?: { code?: unknown } }[] = []): void {
  if (errors.some((error) => error.extensions?.code === "UNAUTHENTICATED")) dispatchEvent(new Event(UNAUTHENTICATED));
}

function codeOf(reason: unknown): string | undefined {
  return reason instanceof CloseEvent && reason.code === CloseCode.Unauthorized ? "UNAUTHENTICATED" : undefined;
}

interface Sample {
  companies: { nodes: { id: string; numbers: { nodes: SampleNumber[] } }[] } | null;
  options: { nodes: { id: string }[] } | null;
}

interface SampleNumber {
  id: string;
  updatedAt: string;
  availableOptions: { nodes: { id: string }[] };
}

interface SampleBulkChanges {
  company: { planned: { nodes: { id: string; plan: { hash: string } | null }[] }; awaiting: { nodes: { id: string }[] } } | null;
}

// Where there is none yet, the example is answered with a refusal that says so.
const NO_BULK_CHANGE = "blk_1";

/** Values for the variables of the examples, by name, out of what the caller may see. */
export async function exampleValues(): Promise<Record<string, unknown>> {
  const { data } = await send<Sample>({ query: EXAMPLE_VALUES });
  const companies = data?.companies?.nodes ?? [];
  const company = companies.find(({ numbers }) => numbers.nodes.length > 0) ?? companies[0];
  const numbers = company?.numbers.nodes ?? [];
  const number = numbers.find(({ availableOptions }) => availableOptions.nodes.length > 0) ?? numbers[0];
  const bulk = company && (await send<SampleBulkChanges>({ query: EXAMPLE_BULK_CHANGES, variables: { companyId: company.id } }));
  const planned = bulk?.data?.company?.planned.nodes[0];
  return {
    companyId: company?.id,
    numberId: number?.id,
    optionId: number?.availableOptions.nodes[0]?.id ?? data?.options?.nodes[0]?.id,
    since: number?.updatedAt,
    filter: { status: ["ACTIVE"] },
    after: null,
    plannedId: planned?.id ?? NO_BULK_CHANGE,
    planHash: planned?.plan?.hash ?? "",
    awaitingId: bulk?.data?.company?.awaiting.nodes[0]?.id ?? NO_BULK_CHANGE,
    idempotencyKey: `example-${Date.now()}`,
  };
}
