import "./workers";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./style.css";

import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createRoot } from "react-dom/client";

import { examplesPlugin } from "./ExamplesPanel";
import { examples } from "./examples";
import { fetcher } from "./fetcher";
import mark from "./favicon.svg";
import { WrappedLines } from "./WrappedLines";

const plugins = [examplesPlugin, HISTORY_PLUGIN];
const FIRST_TABS = ["Rules from a report's text", "Watch all executions", "Where the data comes from"];
const firstTabs = FIRST_TABS.flatMap((title) => examples.filter((example) => example.title === title)).map(
  ({ operation }) => ({ query: operation }),
);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    visiblePlugin={examplesPlugin}
    defaultTabs={firstTabs}
    defaultQuery=""
    defaultEditorToolsVisibility={false}
    schemaDescription
  >
    <GraphiQL.Logo>
      <span className="brand">
        <img src={mark} alt="" width="20" height="20" /> trigraph
      </span>
    </GraphiQL.Logo>
    <WrappedLines />
  </GraphiQL>,
);
