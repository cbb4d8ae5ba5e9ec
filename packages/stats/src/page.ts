// SPDX-License-Identifier: MIT
// Lists in pages, newest first. A cursor names the last row of its page, so what comes meanwhile moves nothing.

/** Bytes of JSON of the rows of one page, so that it fits into a message. */
const mostBytes = 180_000;

/** Where a row is in its order. */
export interface Place {
  /** Milliseconds of the epoch. */
  readonly time: number;
  readonly seq: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Undefined for text that `cursorOf` did not make. */
export function placeOf(cursor: string): Place | undefined {
  const [, time, seq] = /^(-?[0-9a-z]{1,12})\.([0-9a-z]{1,12})$/.exec(cursor) ?? [];
  if (time === undefined || seq === undefined) return undefined;
  return { time: Number.parseInt(time, 36), seq: Number.parseInt(seq, 36) };
}

export function cursorOf({ time, seq }: Place): string {
  return `${time.toString(36)}.${seq.toString(36)}`;
}

/** The first rows of a list, of which there is one more than fits where it goes on. */
export function pageOf<Row extends Place, Item>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const items: Item[] = [];
  let bytes = 0;
  for (const row of rows) {
    const item = itemOf(row);
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    if (items.length === limit || (items.length > 0 && bytes > mostBytes)) {
      const last = rows[items.length - 1];
      return { items, next: last === undefined ? null : cursorOf(last) };
    }
    items.push(item);
  }
  return { items, next: null };
}

/** Newest first. */
export function byPlace(a: Place, b: Place): number {
  return b.time - a.time || b.seq - a.seq;
}
