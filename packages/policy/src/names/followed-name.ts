// SPDX-License-Identifier: MIT
import { formatNetwork, type Network } from '@nftoggle/config';
import { AddressSet } from '@nftoggle/decision';
import type { Answers, FamilyAnswer } from './name-lookup.ts';

const second = 1_000;
/** A name is asked about again when its time to live is over, within these bounds. */
const soonest = 30 * second;
const latest = 3_600 * second;
/** After a failure, and while there is no such name: the first wait, doubled each time up to the longest. */
const firstRetry = 5 * second;
const longestRetry = 300 * second;
/**
 * How long an answer counts that could not be renewed. An address at a provider becomes somebody else's one day;
 * three days are the most that RFC 8767 (section 5) recommends.
 */
const longestKept = 3 * 86_400 * second;

/** What is known of the addresses of one family. */
interface Known {
  readonly addresses: readonly Network[];
  /** When the DNS said so last. */
  readonly at: number;
  /** The DNS said "none" once since. */
  readonly doubted: boolean;
}

const families = [4, 6] as const;

/**
 * What answers mean for a name, one after the other:
 * - Addresses of a family replace those before.
 * - "None" for one family, while the other has addresses, is believed at once.
 * - "None" without that is believed when it comes a second time: a record that is replaced is away for a moment.
 * - A failure changes nothing, for three days.
 */
export class FollowedName {
  readonly name: string;
  #known: { readonly [family in 4 | 6]: Known | null } = { 4: null, 6: null };
  #set: AddressSet | undefined;
  #addresses: readonly string[] = [];
  #problem: string | null = 'it is being looked up for the first time';
  #retries = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Undefined while the DNS said nothing. */
  get set(): AddressSet | undefined {
    return this.#set;
  }

  /** As text, IPv4 first. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Why what is known may not be what is true; null when all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Takes answers. Are the addresses others than before, and in how many milliseconds is the next look due? */
  answered(answers: Answers, now: number): { readonly changed: boolean; readonly again: number } {
    this.#known = {
      4: nextKnown(this.#known[4], answers[4], answers[6], now),
      6: nextKnown(this.#known[6], answers[6], answers[4], now),
    };
    const changed = this.#settle();
    this.#problem = this.#problemOf(answers);
    return { changed, again: this.#again(answers) };
  }

  #settle(): boolean {
    const known = families.flatMap((family) => this.#known[family] ?? []);
    const networks = known.flatMap(({ addresses }) => addresses);
    const texts = families.flatMap((family) =>
      (this.#known[family]?.addresses ?? []).map(formatNetwork).sort(),
    );
    const changed = texts.join() !== this.#addresses.join();
    this.#addresses = texts;
    if (known.length === 0) this.#set = undefined;
    else if (changed || this.#set === undefined) this.#set = new AddressSet(networks);
    return changed;
  }

  #again(answers: Answers): number {
    const given = families.map((family) => answers[family]);
    const ttls = given.flatMap((answer) => (answer.kind === 'addresses' ? [answer.ttl * second] : []));
    const failed = given.some(({ kind }) => kind === 'failed');
    if (!failed && ttls.length > 0) {
      this.#retries = 0;
      return Math.min(latest, Math.max(soonest, Math.min(...ttls)));
    }
    // A doubt is settled soon, and not so soon that a server says again what it has in its cache.
    if (!failed && families.some((family) => this.#known[family]?.doubted)) return soonest;
    this.#retries += 1;
    return Math.min(longestRetry, firstRetry * 2 ** (this.#retries - 1));
  }

  #problemOf(answers: Answers): string | null {
    const failed = families.flatMap((family) => {
      const answer = answers[family];
      return answer.kind === 'failed' ? [{ family, why: answer.why }] : [];
    });
    const [first, other] = failed;
    const kept = this.#addresses.length > 0 ? '; the addresses of before are kept' : '';
    if (first !== undefined) {
      const which = other?.why === first.why ? '' : ` for IPv${first.family}`;
      return `${first.why}${which}${kept}`;
    }
    return this.#noneProblem(answers, kept);
  }

  #noneProblem({ 4: v4, 6: v6 }: Answers, kept: string): string | null {
    if (v4.kind !== 'none' || v6.kind !== 'none') return null;
    return `${v4.why}${kept}${kept === '' ? '' : ' until a second answer says the same'}`;
  }
}

function nextKnown(
  known: Known | null,
  answer: FamilyAnswer,
  other: FamilyAnswer,
  now: number,
): Known | null {
  switch (answer.kind) {
    case 'addresses':
      return { addresses: answer.addresses, at: now, doubted: false };
    case 'failed':
      return known !== null && now - known.at > longestKept ? null : known;
    case 'none': {
      const kept = known !== null && known.addresses.length > 0;
      const believed = !kept || known.doubted || other.kind === 'addresses';
      return believed ? { addresses: [], at: now, doubted: false } : { ...known, doubted: true };
    }
  }
}
