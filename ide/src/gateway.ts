// What the page itself asks the gateway for, over the same endpoint that everybody uses.
import { type ExecutionResult, GraphQLError } from "graphql";
import { CloseCode, createClient } from "graphql-ws";

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
  return response.json();
}

/** The answers of a subscription, over a socket of its own that closes with it; `onEnd` hears why it ended early. */
export async function* follow(
  request: Request,
  headers: Record<string, string> | undefined,
  onEnd: (errors: readonly GraphQLError[]) => void,
): AsyncGenerator<ExecutionResult> {
  const client = createClient({
    url: `${location.origin.replace(/^http/, "ws")}/graphql`,
    connectionParams: { "Accept-Language": language, ...headers },
  });
  try {
    yield* client.iterate(request) as AsyncIterable<ExecutionResult>;
  } catch (reason) {
    const lost = new GraphQLError(texts.noAnswer, { extensions: { code: codeOf(reason) } });
    const errors: GraphQLError[] = Array.isArray(reason) ? reason : [lost];
    onEnd(errors);
    yield { errors };
  } finally {
    await client.dispose();
  }
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

/** Values for the variables of the examples, by name, out of what the caller may see. */
export async function exampleValues(): Promise<Record<string, unknown>> {
  const { data } = await send<Sample>({ query: EXAMPLE_VALUES });
  const companies = data?.companies?.nodes ?? [];
  const company = companies.find(({ numbers }) => numbers.nodes.length > 0) ?? companies[0];
  const numbers = company?.numbers.nodes ?? [];
  const number = numbers.find(({ availableOptions }) => availableOptions.nodes.length > 0) ?? numbers[0];
  return {
    companyId: company?.id,
    numberId: number?.id,
    optionId: number?.availableOptions.nodes[0]?.id ?? data?.options?.nodes[0]?.id,
    since: number?.updatedAt,
    filter: { status: ["ACTIVE"] },
    after: null,
    idempotencyKey: `example-${Date.now()}`,
  };
}
