// SPDX-License-Identifier: MIT
import { adviceOf, type Surroundings } from './advice.ts';
import type { Awaiting } from './awaiting.ts';
import type { Clock } from './clock.ts';
import type { CommandRun, Commands } from './commands.ts';
import { magicPacket } from './magic-packet.ts';
import type { Publish } from './news.ts';
import { startSeries } from './packet-series.ts';
import { destinationsText, pathText, secondsText, sendProblems } from './step-text.ts';
import { goalText, type WakeHost } from './target.ts';
import type { Trace } from './trace.ts';
import type { PacketSender } from './wake-send.ts';
import { type Way, wayTo } from './way.ts';

export interface WakeTools {
  readonly clock: Clock;
  readonly sender: PacketSender;
  readonly commands: Commands;
  readonly surroundings: () => Surroundings;
  readonly publish: Publish;
  /** In seconds; null before it was learned. */
  readonly expected: (device: string) => number | null;
  readonly learn: (device: string, milliseconds: number) => void;
}

export interface WakeOptions {
  readonly host: WakeHost;
  /** The address that was asked for first. */
  readonly address: string;
  readonly by: string;
  readonly trace: Trace;
  readonly tools: WakeTools;
  /** One that was not ready at the deadline; `problem` is the likeliest cause. */
  readonly onFailed: (awaiting: Awaiting, problem: string) => void;
  /** All that waited are ready or failed. `ready`: was any? */
  readonly onEnd: (ready: boolean) => void;
}

/** No machine that slept is ready sooner after its first magic packet, in milliseconds: such a one was up. */
const fastestWake = 300;
/** Magic packets are spared while the machine answered within so many milliseconds. */
const answersLately = 3_000;

/**
 * One device is woken, for all who need something of it. Packets go out until the first of them is ready; each of
 * the others is awaited until the same deadline. It goes on when those who asked do not wait any longer.
 */
export class Wake {
  readonly host: WakeHost;
  readonly started: number;
  readonly deadline: number;
  readonly by: string;
  readonly #options: WakeOptions;
  readonly #awaited = new Set<Awaiting>();
  readonly #cancelDeadline: () => void;
  #stopSeries: () => void = () => undefined;
  #command: CommandRun | null = null;
  #way: Way;
  #packets = 0;
  #sent = 0;
  #spared = false;
  #sendProblems: readonly string[] = [];
  #commandProblem: string | null = null;
  #ready = false;
  #over = false;

  constructor(options: WakeOptions) {
    const { host, by, address, tools } = options;
    this.#options = options;
    this.host = host;
    this.by = by;
    this.started = tools.clock.now();
    this.deadline = this.started + host.wake.timeout * 1_000;
    this.#way = wayTo(host, address, tools.surroundings().locals);
    this.#cancelDeadline = tools.clock.after(host.wake.timeout * 1_000, () => this.#fail());
  }

  /** Magic packets so far, each counted once however many ways it went. */
  get packets(): number {
    return this.#packets;
  }

  /** What is known to be wrong so far. */
  get problem(): string | null {
    if (this.#ready) return null;
    const byPackets = this.host.wake.run === null;
    return this.#commandProblem ?? (byPackets ? (this.#way.problem ?? this.#sendProblems[0] ?? null) : null);
  }

  /** After the first one joined. */
  start(): void {
    const { host, by, tools } = this.#options;
    tools.publish('wake_started', { device: host.name, by, expected: tools.expected(host.name) });
    if (host.wake.run === null) this.#startPackets();
    else this.#startCommand(host.wake.run);
  }

  join(awaiting: Awaiting): void {
    this.#awaited.add(awaiting);
    awaiting.wake();
  }

  /** One of those that joined is ready. */
  ready(awaiting: Awaiting): void {
    if (!this.#awaited.delete(awaiting)) return;
    const { trace, tools } = this.#options;
    const took = tools.clock.now() - this.started;
    trace.add('ready', true, `${this.#goalText(awaiting)}: ready ${secondsText(took)} after the wake began`);
    if (!this.#ready) this.#firstReady(took);
    this.#endIfDone();
  }

  /** Ends it without a word to anybody. */
  close(): void {
    this.#over = true;
    this.#cancelDeadline();
    this.#stopSeries();
    for (const awaiting of this.#awaited) awaiting.close();
  }

  #firstReady(took: number): void {
    const { host, by, tools } = this.#options;
    this.#ready = true;
    this.#stopSeries();
    tools.publish('wake_ready', { device: host.name, by, seconds: took / 1_000, packets: this.#packets });
    // Where it answered all the time, or at once, there was nothing to learn of its waking.
    const byPackets = this.#packets > 0 && took >= fastestWake;
    if (byPackets || host.wake.run !== null) tools.learn(host.name, took);
  }

  #startPackets(): void {
    const { host, trace, tools } = this.#options;
    trace.add('path', this.#way.problem === null, pathText(this.#way));
    if (host.macs.length === 0) trace.add('packets', false, `${host.name} has no MAC address to wake it by`);
    else this.#stopSeries = startSeries(tools.clock, () => this.#round());
  }

  #round(): void {
    if (this.#answersLately()) this.#sparePacket();
    else this.#sendRound().catch((error: Error) => this.#noteProblems([error.message]));
  }

  async #sendRound(): Promise<void> {
    const { host, address, trace, tools } = this.#options;
    const { macs, wake } = host;
    // Anew each time: an interface may have come up meanwhile.
    this.#way = wayTo(host, address, tools.surroundings().locals);
    const { destinations } = this.#way;
    this.#packets += macs.length;
    const packets = macs.map((mac) => magicPacket(mac, wake.password));
    const rounds = await Promise.all(packets.map((p) => tools.sender.send(p, destinations, wake.ports)));
    const sendings = rounds.flat();
    const left = sendings.filter(({ problem }) => problem === null).length;
    this.#sent += left;
    const what = `magic packet ${this.#packets / macs.length} for ${macs.join(' and ')}`;
    const count = `${left} of ${sendings.length} datagrams sent`;
    trace.add('packets', left > 0, `${what} ${destinationsText(destinations, wake.ports)}: ${count}`);
    this.#noteProblems(sendProblems(sendings));
  }

  #noteProblems(problems: readonly string[]): void {
    this.#sendProblems = problems;
    for (const problem of problems) this.#options.trace.add('packets', false, problem);
  }

  #answersLately(): boolean {
    const now = this.#options.tools.clock.now();
    return [...this.#awaited].some(
      ({ lastAnswer }) => lastAnswer !== null && now - lastAnswer < answersLately,
    );
  }

  #sparePacket(): void {
    if (this.#spared) return;
    this.#spared = true;
    this.#options.trace.add('packets', null, 'it answers: no magic packet is needed');
  }

  /** Once for each wake, whatever comes of it: what it does twice nobody knows. */
  #startCommand(argv: readonly string[]): void {
    const { host, address, trace, tools } = this.#options;
    const facts = {
      NFTOGGLE_DEVICE: host.name,
      NFTOGGLE_ADDRESS: address,
      NFTOGGLE_MAC: host.macs[0] ?? '',
    };
    trace.add('packets', null, `runs ${argv.join(' ')} instead of sending magic packets`);
    const command = tools.commands.run(argv, facts);
    this.#command = command;
    void command.ended.then((problem) => {
      if (this.#over) return;
      this.#commandProblem = problem;
      trace.add('packets', problem === null, problem ?? `${argv[0]} ended with 0`);
    });
  }

  #fail(): void {
    const { host, by, trace, tools, onFailed } = this.#options;
    this.#stopSeries();
    this.#command?.kill();
    const failed = [...this.#awaited].map((awaiting) => ({ awaiting, advice: this.#adviceOn(awaiting) }));
    this.#awaited.clear();
    for (const { awaiting, advice } of failed) {
      awaiting.close();
      const took = secondsText(tools.clock.now() - this.started);
      trace.add('failed', false, `${this.#goalText(awaiting)}: not ready within ${took}`);
      for (const text of advice) trace.add('advice', null, text);
      onFailed(awaiting, advice[0] ?? 'it did not get ready in time');
    }
    const seconds = (tools.clock.now() - this.started) / 1_000;
    const problem = [...new Set(failed.map(({ advice }) => advice[0]))].join('; ');
    tools.publish('wake_failed', { device: host.name, by, seconds, packets: this.#packets, problem });
    this.#endIfDone();
  }

  #adviceOn(awaiting: Awaiting): readonly string[] {
    return adviceOf({
      target: awaiting.target,
      way: this.#way,
      surroundings: this.#options.tools.surroundings(),
      sent: this.#sent,
      sendProblems: this.#sendProblems,
      commandProblem: this.#commandProblem,
      ...awaiting.seen,
    });
  }

  #endIfDone(): void {
    if (this.#awaited.size > 0 || this.#over) return;
    this.#over = true;
    this.#cancelDeadline();
    this.#stopSeries();
    // A command that still runs has until the deadline that it was given.
    const { clock } = this.#options.tools;
    const command = this.#command;
    if (command !== null) {
      const cancel = clock.after(Math.max(0, this.deadline - clock.now()), () => command.kill());
      void command.ended.then(cancel);
    }
    this.#options.onEnd(this.#ready);
  }

  #goalText({ target: { address, goal } }: Awaiting): string {
    return `${address} ${goalText(goal)}`;
  }
}
