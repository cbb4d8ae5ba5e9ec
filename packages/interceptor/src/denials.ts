// SPDX-License-Identifier: MIT
// Refusals, told as few events as possible, and every refused packet in one of them: the first of a source at once,
// the rest as counts, less and less often. What is more than may be told one by one is counted all together.
import type { EventData } from '@nftoggle/contracts';
import { DenialBudget } from './denial-budget.ts';
import { DenialCrowd, type Span } from './denial-crowd.ts';
import { Pace } from './pace.ts';
import type { Lane } from './queue/packet-queue.ts';

export type Denial = Omit<EventData<'access_denied'>, 'count' | 'first' | 'last'>;

type Told = 'access_denied' | 'denials_counted';

export interface DenialsOptions {
  readonly publish: <T extends Told>(type: T, data: EventData<T>, service?: string) => void;
  /** A moment as people's clocks have it. */
  readonly shown: (moment: number) => string;
}

/** One source that is told of by itself. */
interface Tally {
  /** The newest one. */
  denial: Denial;
  readonly lane: Lane;
  readonly pace: Pace;
  /** How many packets, and when the first and the last of them came. */
  untold: number;
  first: number;
  last: number;
}

const [seconds, minute] = [10_000, 60_000];
/** In milliseconds, from one event about a source to the next. */
const sourceIntervals = [seconds, minute, 10 * minute, 60 * minute];
/** The same of the events about all others. */
const crowdIntervals = [seconds, ...Array<number>(9).fill(minute), 10 * minute];
/** Their number follows from the budget; this is for a budget that somebody makes larger. */
const maxTallies = 4_096;

export class Denials {
  readonly #options: DenialsOptions;
  readonly #tallies = new Map<string, Tally>();
  readonly #budgets = { known: new DenialBudget('known'), strangers: new DenialBudget('strangers') };
  readonly #crowd = new DenialCrowd();
  #crowdPace: Pace | undefined;
  #crowdLast = 0;

  constructor(options: DenialsOptions) {
    this.#options = options;
  }

  /** A source was refused so many packets. Told at once when there was nothing of the kind lately. */
  add(denial: Denial, lane: Lane, packets: number, now: number): void {
    const key = keyOf(denial);
    const tally = this.#tallies.get(key);
    const span = { first: now, last: now };
    if (tally !== undefined) this.#addTo(tally, denial, packets, now);
    else if (this.#tallies.size < maxTallies && this.#budgets[lane].take(now)) {
      this.#tallies.set(key, { denial, lane, pace: new Pace(sourceIntervals, now), untold: 0, ...span });
      this.#tellOf(denial, packets, span);
    } else this.#crowd.addSource(denial.service, denial.source.address, packets, span);
  }

  /** Packets that were refused, and whose source is not known. */
  addRefused(service: string, packets: number, now: number): void {
    this.#crowd.addRefused(service, packets, { first: now, last: now });
  }

  /** Packets that the kernel dropped by itself. */
  addUnasked(service: string, packets: number, span: Span): void {
    this.#crowd.addUnasked(service, packets, span);
  }

  /** Tells what is due. To be called each second or so. */
  tell(now: number): void {
    for (const [key, tally] of this.#tallies) {
      if (tally.untold > 0 && now >= tally.pace.due) this.#tellTally(tally, now);
      else if (tally.untold === 0 && tally.pace.isOver(tally.last, now)) this.#tallies.delete(key);
    }
    this.#tellCrowd(now);
  }

  /** Tells all that there is: nobody will do it later. */
  tellAll(now: number): void {
    for (const tally of this.#tallies.values()) if (tally.untold > 0) this.#tellTally(tally, now);
    this.#publishCrowd();
  }

  #addTo(tally: Tally, denial: Denial, packets: number, now: number): void {
    if (tally.untold === 0) tally.first = now;
    tally.untold += packets;
    tally.last = now;
    tally.denial = denial;
    if (now >= tally.pace.due) this.#tellTally(tally, now);
  }

  /** Where the budget is spent, what was to be told goes to the crowd: it is told all the same, and once. */
  #tellTally(tally: Tally, now: number): void {
    const { denial, lane, untold, first, last } = tally;
    if (this.#budgets[lane].take(now)) this.#tellOf(denial, untold, { first, last });
    else this.#crowd.addSource(denial.service, denial.source.address, untold, { first, last });
    tally.untold = 0;
    tally.pace.told(now);
  }

  #tellOf(denial: Denial, count: number, span: Span): void {
    this.#options.publish('access_denied', { ...denial, count, ...this.#shown(span) }, denial.service);
  }

  #tellCrowd(now: number): void {
    const { span } = this.#crowd;
    if (span === undefined) {
      if (this.#crowdPace?.isOver(this.#crowdLast, now) === true) this.#crowdPace = undefined;
      return;
    }
    this.#crowdLast = span.last;
    this.#crowdPace ??= new Pace(crowdIntervals, span.first);
    // What began a moment ago goes on, perhaps: it is told with what follows.
    if (now < Math.max(this.#crowdPace.due, span.first + seconds)) return;
    this.#crowdPace.told(now);
    this.#publishCrowd();
  }

  #publishCrowd(): void {
    const counted = this.#crowd.take();
    if (counted !== undefined)
      this.#options.publish('denials_counted', { ...counted, ...this.#shown(counted) });
  }

  #shown({ first, last }: Span): { readonly first: string; readonly last: string } {
    const { shown } = this.#options;
    return { first: shown(first), last: shown(last) };
  }
}

/** Another reason is another story, and so is a packet that went on all the same. */
function keyOf({ service, source, reason, enforced }: Denial): string {
  return `${service} ${source.address} ${reason} ${enforced}`;
}
