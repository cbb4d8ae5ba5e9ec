// SPDX-License-Identifier: MIT

export interface ClockTrustOptions {
  /** What the clock of the machine says, in milliseconds since the epoch: `Date.now`. */
  readonly wall: () => number;
  /**
   * Milliseconds since the machine started, suspension included, by a clock that nobody sets (CLOCK_BOOTTIME):
   * `() => os.uptime() * 1000`.
   */
  readonly uptime: () => number;
  /** The latest time of the store; null where it has none, or is not read yet. See `learn`. */
  readonly seen: number | null;
  /** A time as people read it, such as `Mon 18:05`. In UTC where it is left out. */
  readonly timeText?: (instant: number) => string;
}

export interface ClockCheck {
  /** Why the clock is not to be believed; null when it is. */
  readonly problem: string | null;
  /** Since the check before: trusted or not, or not for another reason. */
  readonly changed: boolean;
}

/** Before this software existed: no clock that was ever set says this. */
const beforeUs = Date.UTC(2026, 0, 1);
const minute = 60_000;
/** A clock that differs by more was set by somebody, or is behind. Less is what keeping time looks like. */
const tolerance = minute;
/** How long a clock that was set has to keep steady to be believed, */
const steadyToTrust = minute;
/** and to be remembered: an insane time that is put right sooner leaves nothing behind. */
const steadyToRemember = 10 * minute;
/** Between two writes to the store. */
const rememberEvery = minute;
/** Two readings of the uptime around one of the clock; more means that we were held up in between. */
const readAtOnce = 1_000;

type Doubt = 'unset' | 'set' | 'behind' | null;

interface Reading {
  readonly wall: number;
  readonly uptime: number;
}

/**
 * Is the clock of the machine to be believed? Windows, allowances and expiries are worth what the clock is, and a
 * clock that was put back gives time away. It is not believed
 * - `unset`: before this software existed; the machine has no battery and has not asked the time yet;
 * - `set`: while less than a minute has passed since it was set by more than a minute, in either direction. The first
 *   time after `unset` is the one that was waited for, and believed at once;
 * - `behind`: more than a minute behind the latest time that it kept steadily for ten minutes, in this life or, by the
 *   store, in another one. Where that time was wrong itself, somebody has to say so: `accept`.
 *
 * It works on readings alone: call `check` each second and at each decision. A daemon does this:
 *
 *     const trust = new ClockTrust({ wall: Date.now, uptime: () => os.uptime() * 1000, seen: null });
 *     clockStore.onChange((key, entry) => key === 'seen' && trust.learn(entry ? Date.parse(entry.seen) : null));
 *     every(1_000, () => {
 *       const { problem, changed } = trust.check();
 *       if (changed) publish('clock_changed', { trusted: problem === null, problem }), news.changed('clock', null);
 *       const seen = trust.toRemember();
 *       if (seen !== null) put('seen', { seen: new Date(seen).toISOString() });
 *     });
 *
 * where `put` leaves alone a later time that another replica wrote, and `clockProblem` of a decision's world is
 * `trust.check().problem`. The change that a decision finds first is told by the next call each second.
 */
export class ClockTrust {
  readonly #options: ClockTrustOptions;
  readonly #timeText: (instant: number) => string;
  /** The latest time that was kept steadily. */
  #seen: number | null;
  /** As the store has it, or will have it soon. */
  #remembered: number | null;
  /** `wall` less `uptime`: it stays what it is, leap seconds and the like apart, until somebody sets the clock. */
  #offset: number | null = null;
  /** In uptime: when the clock was set, or found for the first time. */
  #steadySince = 0;
  /** In uptime: when `#offset` was taken. */
  #offsetAt = 0;
  /** By how much it was set; null for a time that needs no proof. */
  #step: number | null = null;
  #unset = false;
  #doubt: Doubt = null;
  #toldDoubt: Doubt = null;
  /** The last reading that was trusted. */
  #trusted: Reading | null = null;

  constructor(options: ClockTrustOptions) {
    this.#options = options;
    this.#timeText = options.timeText ?? utcText;
    this.#seen = options.seen;
    this.#remembered = options.seen;
  }

  /** Reads the clock. `changed` is true in one check only; see `peek` for one that tells nothing. */
  check(): ClockCheck {
    const problem = this.peek();
    const changed = this.#doubt !== this.#toldDoubt;
    this.#toldDoubt = this.#doubt;
    return { problem, changed };
  }

  /** The same for decisions, and leaves it to the next `check` to tell the change. */
  peek(): string | null {
    const reading = this.#read();
    this.#follow(reading);
    this.#doubt = this.#doubtOf(reading);
    if (this.#doubt === null) this.#accepted(reading);
    return this.#textOf(this.#doubt, reading);
  }

  /**
   * When use is charged that ends now. While the clock is trusted it is now; while it is not, it is the last trusted
   * time, run on by the uptime. It is never before the latest time seen, so that no day that is over comes back, and
   * never a day that an insane clock makes up, so that no day in force is left uncharged.
   */
  chargeTime(): number {
    const reading = this.#read();
    const trusted = this.#trusted;
    const believed =
      this.peek() === null || trusted === null
        ? reading.wall
        : trusted.wall + reading.uptime - trusted.uptime;
    return Math.max(believed, this.#seen ?? believed);
  }

  /**
   * What the store has, whoever wrote it: the latest time that any replica saw. Entries rise; one that is earlier than
   * the entry before was accepted by a person (`accept`), and counts.
   */
  learn(seen: number | null): void {
    const accepted = seen !== null && this.#remembered !== null && seen < this.#remembered;
    this.#remembered = seen;
    // A store that lost what it had is no reason to forget it here.
    if (seen === null) return;
    if (accepted || this.#seen === null || seen > this.#seen) this.#seen = seen;
  }

  /** What is to be put into the store now, if anything. Once a minute at most. */
  toRemember(): number | null {
    if (this.peek() !== null || this.#seen === null) return null;
    if (this.#remembered !== null && this.#seen < this.#remembered + rememberEvery) return null;
    this.#remembered = this.#seen;
    return this.#seen;
  }

  /** What `accept` would take for the present; null when no clock that was ever set says this. */
  mayAccept(): number | null {
    const { wall } = this.#read();
    return wall < beforeUs ? null : wall;
  }

  /**
   * A person says that the clock is right, and whatever was seen later was not. Returns what has to be put into the
   * store, in place of a later time; null when no clock that was ever set says this.
   */
  accept(): number | null {
    const { wall, uptime } = this.#read();
    if (wall < beforeUs) return null;
    this.#anchor({ wall, uptime });
    this.#step = null;
    this.#unset = false;
    this.#steadySince = uptime;
    this.#seen = wall;
    this.#remembered = wall;
    return wall;
  }

  /** Both clocks at the same moment: a process that is stopped in between would see a clock that was set. */
  #read(): Reading {
    const { wall, uptime } = this.#options;
    let before = uptime();
    for (let attempt = 1; ; attempt++) {
      const reading = { wall: wall(), uptime: before };
      const after = uptime();
      if (after - before <= readAtOnce || attempt === 3) return reading;
      before = after;
    }
  }

  #follow({ wall, uptime }: Reading): void {
    const step = this.#offset === null ? 0 : wall - uptime - this.#offset;
    const first = this.#offset === null;
    if (first || Math.abs(step) > tolerance) {
      this.#anchor({ wall, uptime });
      this.#steadySince = uptime;
      this.#step = first || this.#unset ? null : step;
    }
    this.#unset = wall < beforeUs;
  }

  #anchor({ wall, uptime }: Reading): void {
    this.#offset = wall - uptime;
    this.#offsetAt = uptime;
  }

  #doubtOf({ wall, uptime }: Reading): Doubt {
    if (this.#unset) return 'unset';
    if (this.#step !== null && uptime - this.#steadySince < steadyToTrust) return 'set';
    if (this.#seen !== null && wall < this.#seen - tolerance) return 'behind';
    return null;
  }

  #accepted(reading: Reading): void {
    this.#trusted = reading;
    if (reading.uptime - this.#steadySince < steadyToRemember) return;
    // Corrections of a second now and then do not add up to a clock that was set.
    if (reading.uptime - this.#offsetAt >= steadyToRemember) this.#anchor(reading);
    if (this.#seen === null || reading.wall > this.#seen) this.#seen = reading.wall;
  }

  #textOf(doubt: Doubt, { wall, uptime }: Reading): string | null {
    switch (doubt) {
      case null:
        return null;
      case 'unset':
        return `the clock says ${new Date(wall).toISOString().slice(0, 10)}: it was not set since the machine started`;
      case 'set': {
        const step = this.#step ?? 0;
        const how = `${step < 0 ? 'back' : 'forward'} by ${spanText(Math.abs(step))}`;
        return `${spanText(uptime - this.#steadySince)} ago the clock was set ${how}: windows and allowances wait until it has kept steady for a minute`;
      }
      case 'behind': {
        const seen = this.#seen ?? wall;
        return `the clock went back by ${spanText(seen - wall)}: windows and allowances wait until it is later than ${this.#timeText(seen)}, or until you say that it is right: nftoggle trust-clock`;
      }
    }
  }
}

function utcText(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `2 h`, `2 d 3 h`: the two largest units. */
function spanText(milliseconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, milliseconds);
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}
