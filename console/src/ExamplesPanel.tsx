import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import { type Example, examples, fill } from "./examples";

function useOpenExample(): (example: Example) => void {
  const { addTab, changeTab, stop } = useGraphiQLActions();
  const tabs = useGraphiQL((state) => state.tabs);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const activeTabIndex = useGraphiQL((state) => state.activeTabIndex);
  return ({ operation }) => {
    const text = fill(operation);
    const open = tabs.findIndex((tab) => tab.query === text);
    if (open === activeTabIndex) return;
    stop();
    const headers = headerEditor?.getValue() ?? "";
    if (open >= 0) {
      changeTab(open);
    } else {
      if (queryEditor?.getValue().trim()) addTab();
      queryEditor?.setValue(text);
    }
    if (!headerEditor?.getValue()) headerEditor?.setValue(headers);
  };
}

function ExamplesPanel() {
  const openExample = useOpenExample();
  return (
    <section className="examples" aria-label="Examples">
      <header className="graphiql-doc-explorer-title">Examples</header>
      <p>Each opens in a tab of its own, filled with the ids seen last.</p>
      <ul>
        {examples.map((example) => (
          <li key={example.title}>
            <button type="button" onClick={() => openExample(example)}>
              <span className="example-title">{example.title}</span>
              <span className={`example-kind example-${example.kind}`}>{example.kind}</span>
              <span className="example-sentence">{example.sentence}</span>
            </button>
          </li>
        ))}
      </ul>
      <p>
        Where keys are configured, put <code>{'{"Authorization": "Bearer …"}'}</code> under Headers; it is sent with
        subscriptions too.
      </p>
    </section>
  );
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" aria-hidden="true">
      <path d="M4 5h16M4 12h10M4 19h7M16 15l5 3-5 3z" />
    </svg>
  );
}

export const examplesPlugin: GraphiQLPlugin = { title: "Examples", icon: ExamplesIcon, content: ExamplesPanel };
