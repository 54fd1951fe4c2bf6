/** What answers named last: an execution by its ARN, a scan by its id, a node by its global id. */
export interface Seen {
  arn?: string;
  scanId?: string;
  id?: string;
}

let seen: Seen = {};

/** What was seen last, so that examples can be opened on it. */
export function lastSeen(): Seen {
  return seen;
}

/** Remembers the first execution or scan found in an answer. */
export function rememberSeen(answer: unknown): void {
  const found = find(answer);
  if (found) seen = { ...seen, ...found };
}

function find(value: unknown): Seen | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const named = pick(value, "arn") ?? pick(value, "scanId");
  if (named) return { ...named, ...pick(value, "id") };
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
