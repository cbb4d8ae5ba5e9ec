// SPDX-License-Identifier: MIT

/** A CloudEvent of whatever version published it: what a list needs of it is held to, the rest is not. */
export interface EventRecord {
  readonly id: string;
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly type: string;
  readonly source?: unknown;
  readonly data?: unknown;
}

/** Undefined for what is no event. */
export function readRecord(json: unknown): EventRecord | undefined {
  const { id, time, type } = (json ?? {}) as Record<string, unknown>;
  const isEvent = typeof id === 'string' && typeof type === 'string' && !Number.isNaN(Date.parse(`${time}`));
  return isEvent ? (json as EventRecord) : undefined;
}

/** Oldest first, each once. Ids grow with time, so that they order what happened in the same millisecond. */
export function inOrder(records: readonly EventRecord[]): readonly EventRecord[] {
  const known = new Map(records.map((record) => [record.id, record]));
  return [...known.values()].sort(
    (a, b) => Date.parse(a.time) - Date.parse(b.time) || (a.id < b.id ? -1 : 1),
  );
}
