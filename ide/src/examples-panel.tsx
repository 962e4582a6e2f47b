// A GraphiQL panel with the examples, grouped by whom they are for.
import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import { AUDIENCES, type Example, EXAMPLES, exampleIn, variablesOf } from "./examples";
import { exampleValues } from "./gateway";
import { texts } from "./texts";

function ExamplesPanel() {
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL((state) => ({
    tabs: state.tabs,
    activeTabIndex: state.activeTabIndex,
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
  }));
  const { addTab, changeTab, setOperationName } = useGraphiQLActions();

  async function open(example: Example) {
    // Asked for anew each time: an option that was connected meanwhile is no longer on offer.
    const values = await exampleValues();
    const index = tabs.findIndex((tab) => exampleIn(tab.query) === example);
    if (index < 0) addTab();
    else changeTab(index);
    queryEditor?.setValue(example.document);
    variableEditor?.setValue(variablesOf(example, values));
    // GraphiQL finds the name a moment after the text; whoever runs it at once is not to run the former one.
    setOperationName(example.name);
  }

  const current = exampleIn(tabs[activeTabIndex]?.query ?? null);
  return (
    <section className="examples" aria-label={texts.examples}>
      <h2>{texts.examples}</h2>
      <p>{texts.examplesHint}</p>
      {AUDIENCES.map((audience) => (
        <div key={audience}>
          <h3>{texts[audience]}</h3>
          <ul>
            {EXAMPLES.filter((example) => example.audience === audience).map((example) => (
              <li key={example.name}>
                <button type="button" aria-current={example === current} onClick={() => open(example)}>
                  <b>{example.title}</b>
                  <span>{example.explanation}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M9 18h6m-5 3h4M8.5 14.5A6.5 6.5 0 1 1 15.5 14.5c-.6.5-1 1.2-1 2V18h-5v-1.5c0-.8-.4-1.5-1-2Z" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: texts.examples, icon: ExamplesIcon, content: ExamplesPanel };
