// GraphiQL with the examples, the explorer and the history, for one person.
import "graphiql/setup-workers/vite";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "graphiql/graphiql.css";
import "./workspace.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { useGraphiQL, useMonaco } from "@graphiql/react";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { type DocumentNode, type ExecutionResult, getOperationAST } from "graphql";
import { useEffect, useState } from "react";

import { EXAMPLES_PLUGIN } from "./examples-panel";
import { exampleValues, follow, type Request, send } from "./gateway";
import { Loading } from "./loading";
import { layOutTabs, PersonalStorage } from "./storage";
import { texts } from "./texts";

async function fetcher(request: Request, options?: { headers?: Record<string, string>; documentAST?: DocumentNode }) {
  const operation = options?.documentAST && getOperationAST(options.documentAST, request.operationName);
  if (operation?.operation === "subscription") return follow(request, options?.headers);
  return (await send<ExecutionResult["data"]>(request, options?.headers)) as ExecutionResult;
}

const PLUGINS = [EXAMPLES_PLUGIN, explorerPlugin({ title: texts.explorer }), HISTORY_PLUGIN];

/** `owner` tells whose memory of tabs and history this is. */
export default function Workspace({ owner }: { owner: string }) {
  const [storage, setStorage] = useState<PersonalStorage>();
  const monaco = useMonaco((state) => state.actions);

  useEffect(() => {
    const personal = new PersonalStorage(owner);
    // GraphiQL loses a tab that is left before its editors are there; and those measure their font once, at the beginning.
    const editors = [monaco.initialize(), ...["a", "я"].map((letter) => document.fonts.load('13px "Fira Code"', letter))];
    Promise.allSettled([exampleValues(), ...editors]).then(([values]) => {
      layOutTabs(personal, values.status === "fulfilled" ? values.value : {});
      setStorage(personal);
    });
  }, [owner, monaco]);

  if (!storage) return <Loading />;
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={PLUGINS}
      visiblePlugin={EXAMPLES_PLUGIN}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>{null}</GraphiQL.Logo>
      <EditorOptions />
      <PanelsFromTheTop />
    </GraphiQL>
  );
}

/** What GraphiQL gives no property for. */
function EditorOptions() {
  const editors = useGraphiQL((state) => [state.queryEditor, state.variableEditor, state.headerEditor, state.responseEditor]);
  useEffect(() => {
    for (const editor of editors) {
      // Cyrillic letters that look like Latin ones are no attack here.
      editor?.updateOptions({ fontSize: 13, wordWrap: "on", unicodeHighlight: { ambiguousCharacters: false } });
    }
  }, [editors]);
  return null;
}

/** A panel opens at its top, not where the one before it was scrolled to. */
function PanelsFromTheTop() {
  const panel = useGraphiQL((state) => state.visiblePlugin);
  useEffect(() => {
    document.querySelector(".graphiql-plugin")?.scrollTo(0, 0);
  }, [panel]);
  return null;
}
