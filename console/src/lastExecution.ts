interface Seen {
  arn?: string;
  id?: string;
}

let seen: Seen = {};

/** The execution that an answer named last. */
export function lastExecution(): Seen {
  return seen;
}

/** Remembers the first execution found in an answer, so that examples can be opened on it. */
export function rememberExecution(answer: unknown): void {
  seen = findExecution(answer) ?? seen;
}

function findExecution(value: unknown): Seen | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("arn" in value && typeof value.arn === "string") {
    return "id" in value && typeof value.id === "string" ? { arn: value.arn, id: value.id } : { ...seen, arn: value.arn };
  }
  for (const part of Object.values(value)) {
    const found = findExecution(part);
    if (found) return found;
  }
  return undefined;
}
