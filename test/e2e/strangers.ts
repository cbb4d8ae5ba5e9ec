// SPDX-License-Identifier: MIT
// The negative side of a test that goes on for a while: strangers who never stop trying, and the proof that
// not one packet came back to them.
import { type Capture, type Child, capturePackets, type Host } from '@nftoggle/lab';

export interface StrangersOptions {
  readonly tcpPort: number;
  readonly udpPort: number;
  /** An open port that nobody guards: that it answers is the positive control. */
  readonly controlPort: number;
  /** New connections and datagrams each second. */
  readonly perSecond: number;
}

/** An attempt that got an answer, were it only a refusal. */
export interface Answered {
  readonly address: string;
  readonly port: number;
  readonly answer: string;
  /** When the attempt was made: milliseconds of the wall clock. */
  readonly started: number;
}

export interface StrangersResult {
  readonly attempts: number;
  readonly answered: readonly Answered[];
  /** Attempts at the control port that were let in. */
  readonly controls: number;
  /** Packets that left the guarded ports for the strangers, and ICMP errors, by the wire's word. */
  readonly packetsBack: readonly string[];
  readonly dropped: number;
}

export class Strangers {
  readonly #child: Child;
  readonly #capture: Capture;

  private constructor(child: Child, capture: Capture) {
    this.#child = child;
    this.#capture = capture;
  }

  /** Tries from `scanner` at `target` until stopped. Resolves when the first attempts are made. */
  static async start(scanner: Host, target: Host, options: StrangersOptions): Promise<Strangers> {
    const { tcpPort, udpPort, controlPort, perSecond } = options;
    const capture = await capturePackets(scanner, 'eth0', answersOf(target, tcpPort, udpPort));
    const program = `${import.meta.dirname}/programs/strangers.ts`;
    const numbers = [perSecond, tcpPort, udpPort, controlPort].map(String);
    const child = scanner.start([process.execPath, program, ...numbers, target.ipv4, target.ipv6]);
    await child.waitFor(/^trying$/, 15_000);
    return new Strangers(child, capture);
  }

  /** Attempts that were answered so far. */
  get answered(): readonly Answered[] {
    return this.#lines().flatMap((line) => ('started' in line ? [line] : []));
  }

  get packetsBack(): readonly string[] {
    return this.#capture.lines;
  }

  async stop(): Promise<StrangersResult> {
    this.#child.endInput();
    await this.#child.exited;
    const { lines: packetsBack, dropped } = await this.#capture.stop();
    const counts = this.#lines().find((line) => 'attempts' in line);
    if (counts === undefined) throw new Error('the strangers did not say how often they tried');
    return { ...counts, answered: this.answered, packetsBack, dropped };
  }

  #lines(): readonly (Answered | { readonly attempts: number; readonly controls: number })[] {
    return this.#child.output
      .filter(({ stream, text }) => stream === 'stdout' && text.startsWith('{'))
      .map(({ text }) => JSON.parse(text));
  }
}

/** Neighbour discovery is no answer to a stranger: every machine on the link speaks it. */
function answersOf(target: Host, tcpPort: number, udpPort: number): string {
  const ports = `tcp src port ${tcpPort} or udp src port ${udpPort}`;
  const icmp = 'icmp or (icmp6 and not (ip6[40] >= 133 and ip6[40] <= 137))';
  return `(src host ${target.ipv4} or src host ${target.ipv6}) and (${ports} or ${icmp})`;
}
