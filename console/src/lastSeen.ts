const OWN_IDS = ["arn", "scanId", "regressionId", "deployId", "budgetId", "actionId"] as const;

/** What answers named last: things by the ids that their services give them, and a node by its global id. */
export type Seen = Partial<Record<(typeof OWN_IDS)[number] | "id", string>>;

let seen: Seen = {};

/** What was seen last, so that examples can be opened on it. */
export function lastSeen(): Seen {
  return seen;
}

/** Remembers the first thing with an id of its own that is found in an answer. */
export function rememberSeen(answer: unknown): void {
  const found = find(answer);
  if (found) seen = { ...seen, ...found };
}

function find(value: unknown): Seen | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const name = OWN_IDS.find((own) => pick(value, own));
  if (name) return { ...pick(value, name), ...pick(value, "id") };
  for (const part of Object.values(value)) {
    const found = find(part);
    if (found) return found;
  }
  return undefined;
}

function pick(value: object, name: keyof Seen): Seen | undefined {
  const held: unknown = (value as Record<string, unknown>)[name];
  return typeof held === "string" ? { [name]: held } : undefined;
}
