// SPDX-License-Identifier: MIT
import type { Grant, GrantId, Id } from '@nftoggle/contracts';
import type { PermissionNews } from './news.ts';
import type { Store } from './store.ts';

export interface GrantBookOptions {
  readonly store: Store<Grant>;
  readonly news: PermissionNews;
  readonly now: () => number;
}

/** The grants as this replica knows them, by service, as decisions ask for them. */
export class GrantBook {
  readonly #store: Store<Grant>;
  readonly #news: PermissionNews;
  readonly #now: () => number;
  readonly #byKey = new Map<string, Grant>();
  readonly #byService = new Map<Id, readonly Grant[]>();

  constructor({ store, news, now }: GrantBookOptions) {
    this.#store = store;
    this.#news = news;
    this.#now = now;
    store.onChange((key, grant) => this.#change(key, grant));
  }

  /** Those of a service that are open. */
  of(service: Id): readonly Grant[] {
    const grants = this.#byService.get(service);
    return grants?.filter((grant) => isOpen(grant, this.#now())) ?? [];
  }

  /** Those whose time is not over, by service and by who ends first. */
  open(now: number): readonly Grant[] {
    return [...this.#byKey.values()].filter((grant) => isOpen(grant, now)).sort(byServiceAndEnd);
  }

  /** Looks at a grant right after this replica wrote it, which it hears of only later. */
  learn(id: GrantId): void {
    this.#change(id, this.#store.get(id)?.value);
  }

  has(id: GrantId, now: number): boolean {
    const grant = this.#byKey.get(id);
    return grant !== undefined && isOpen(grant, now);
  }

  /** Keys of those whose time is over. */
  over(now: number): readonly string[] {
    return [...this.#byKey].filter(([, grant]) => !isOpen(grant, now)).map(([key]) => key);
  }

  /** When the next one ends, in milliseconds; `Infinity` when none does. */
  get nextEnd(): number {
    return Math.min(...[...this.#byKey.values()].map(endOf));
  }

  #change(key: string, grant: Grant | undefined): void {
    const before = this.#byKey.get(key);
    if (grant === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, grant);
    for (const service of new Set([before?.service, grant?.service])) this.#index(service);
    this.#tell(before, grant, this.#now());
  }

  #index(service: Id | undefined): void {
    if (service === undefined) return;
    const grants = [...this.#byKey.values()].filter((grant) => grant.service === service);
    if (grants.length > 0) this.#byService.set(service, grants);
    else this.#byService.delete(service);
  }

  /** A later end changes no answer of now, and one that has come has changed it by itself. */
  #tell(before: Grant | undefined, after: Grant | undefined, now: number): void {
    const opens = before === undefined && after !== undefined && isOpen(after, now);
    const closes = before !== undefined && isOpen(before, now) && endOf(before) > endOf(after);
    if (opens || closes) this.#news.changed('grant', [(after ?? before)?.service ?? '']);
  }
}

/** What clocks differ by, in milliseconds, without anybody having set them. */
const tolerance = 60_000;

/**
 * One that was given in the future was given while the clock was wrong, and so was its end: somebody who meant half
 * an hour did not mean the time until the clock is there again.
 */
export function isOpen({ issued, until }: Grant, now: number): boolean {
  return Date.parse(until) > now && Date.parse(issued) <= now + tolerance;
}

/** A grant that is not there has ended long ago. */
function endOf(grant: Grant | undefined): number {
  return grant === undefined ? 0 : Date.parse(grant.until);
}

function byServiceAndEnd(a: Grant, b: Grant): number {
  if (a.service !== b.service) return a.service < b.service ? -1 : 1;
  return endOf(a) - endOf(b);
}
