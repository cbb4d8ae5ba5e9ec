// SPDX-License-Identifier: MIT

/** An entry of a store. The revision says which one it is: every write makes another, and a higher one. */
export interface Stored<T> {
  readonly value: T;
  readonly revision: number;
}

export interface Change<T> {
  readonly key: string;
  readonly value: T | undefined;
}

/** What is known of a key. Without a value it was removed, or cannot be read; the revision is needed all the same. */
interface Known<T> {
  readonly value: T | undefined;
  readonly revision: number;
  /** Whether the watch has told of it. A write of our own is known before. */
  readonly told: boolean;
}

interface Snapshot<T> {
  readonly epoch: string;
  readonly known: Map<string, Known<T>>;
  /** Keys that are there and were not heard of yet. */
  readonly missing: Set<string>;
}

/**
 * A copy of a store, kept by what the watch tells and by writes of our own. At the beginning of each watch all
 * keys are read anew, beside the old copy, which is replaced at once when the new one is complete: so what was
 * removed while nobody watched is noticed, and nobody sees half a store.
 */
export class Mirror<T> {
  #known = new Map<string, Known<T>>();
  #entries = new Map<string, Stored<T>>();
  #epoch = '';
  #snapshot: Snapshot<T> | undefined;
  #ready = false;

  get ready(): boolean {
    return this.#ready;
  }

  get entries(): ReadonlyMap<string, Stored<T>> {
    return this.#entries;
  }

  /** The last revision of the key, also when it has no value any more; 0 if there never was one. */
  revisionOf(key: string): number {
    return this.#known.get(key)?.revision ?? 0;
  }

  /** The mirror may be behind from now on: nobody watches. */
  lose(): void {
    this.#ready = false;
    this.#snapshot = undefined;
  }

  /** All that is there will be told of, `keys` at least. Another epoch: the store was made anew, empty. */
  begin(keys: Iterable<string>, epoch: string): readonly Change<T>[] {
    this.#ready = false;
    this.#snapshot = { epoch, known: new Map(), missing: new Set(keys) };
    return this.#completed();
  }

  /** An update that the watch told of; returns what listeners should hear now, in order of revision. */
  told(key: string, value: T | undefined, revision: number): readonly Change<T>[] {
    const update = { value, revision, told: true };
    if (this.#snapshot !== undefined) {
      putNewer(this.#snapshot.known, key, update);
      this.#snapshot.missing.delete(key);
      return this.#completed();
    }
    const before = this.#known.get(key);
    if (
      before !== undefined &&
      (before.revision > revision || (before.revision === revision && before.told))
    ) {
      return [];
    }
    this.#set(key, update);
    return isNews(before, update) ? [{ key, value }] : [];
  }

  /** A write of our own: it can be read at once, and listeners hear of it when the watch comes to it. */
  wrote(key: string, value: T | undefined, revision: number): void {
    const update = { value, revision, told: false };
    if (this.#snapshot !== undefined) putNewer(this.#snapshot.known, key, update);
    if (revision > this.revisionOf(key)) this.#set(key, update);
  }

  #set(key: string, update: Known<T>): void {
    this.#known.set(key, update);
    if (update.value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, { value: update.value, revision: update.revision });
  }

  #completed(): readonly Change<T>[] {
    const snapshot = this.#snapshot;
    if (snapshot === undefined || snapshot.missing.size > 0) return [];
    const [old, sameEpoch] = [this.#known, snapshot.epoch === this.#epoch];
    this.#snapshot = undefined;
    this.#epoch = snapshot.epoch;
    this.#known = new Map();
    this.#entries = new Map();
    for (const [key, known] of snapshot.known) this.#set(key, known);
    this.#ready = true;
    return [...gone(old, this.#known), ...differing(old, this.#known, sameEpoch)];
  }
}

function putNewer<T>(known: Map<string, Known<T>>, key: string, update: Known<T>): void {
  const before = known.get(key);
  const isSame = before?.revision === update.revision;
  if (before === undefined || before.revision < update.revision || (isSame && update.told))
    known.set(key, update);
}

/** What is there no more, without a trace: the storage was lost. */
function gone<T>(old: ReadonlyMap<string, Known<T>>, now: ReadonlyMap<string, Known<T>>): Change<T>[] {
  const keys = [...old]
    .filter(([key, { value }]) => value !== undefined && !now.has(key))
    .map(([key]) => key);
  return keys.map((key) => ({ key, value: undefined }));
}

function differing<T>(
  old: ReadonlyMap<string, Known<T>>,
  now: ReadonlyMap<string, Known<T>>,
  sameEpoch: boolean,
): Change<T>[] {
  return [...now]
    .filter(([key, update]) => {
      const before = old.get(key);
      const isSame = sameEpoch && before?.told === true && before.revision === update.revision;
      return update.told && !isSame && isNews(before, update);
    })
    .sort(([, one], [, other]) => one.revision - other.revision)
    .map(([key, { value }]) => ({ key, value }));
}

/** That something is not there which was not there before is no news. */
function isNews<T>(before: Known<T> | undefined, update: Known<T>): boolean {
  if (update.value !== undefined) return true;
  return before !== undefined && (before.value !== undefined || !before.told);
}
