import { Kind, parse } from "graphql";

import source from "./examples.graphql?raw";
import { lastSeen, type Seen } from "./lastSeen";

/** One operation of examples.graphql with the title and the sentence of the comment above it. */
export interface Example {
  title: string;
  sentence: string;
  kind: "query" | "mutation" | "subscription";
  operation: string;
}

const PLACES: Required<Seen> = {
  arn: "arn of an execution",
  scanId: "id of a scan",
  regressionId: "id of a regression",
  deployId: "id of a deploy",
  budgetId: "id of a budget",
  actionId: "id of an action",
  id: "id of a node",
};

function readExamples(text: string): Example[] {
  let previousEnd = 0;
  return parse(text).definitions.map((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION || !definition.loc) {
      throw new Error("examples.graphql holds operations only");
    }
    const { start, end } = definition.loc;
    const comment = text.slice(previousEnd, start).matchAll(/^# *(.+)$/gm);
    const [title = "", ...sentences] = Array.from(comment, (line) => line[1] ?? "");
    previousEnd = end;
    return { title, sentence: sentences.join(" "), kind: definition.operation, operation: text.slice(start, end) };
  });
}

export const examples = readExamples(source);

/** The operation with its places for an arn or an id filled from what was seen last in an answer, if anything. */
export function fill(operation: string): string {
  const seen = lastSeen();
  return Object.entries(PLACES).reduce(
    (text, [name, place]) => text.replace(place, () => seen[name as keyof Seen] ?? place),
    operation,
  );
}
