// SPDX-License-Identifier: MIT
import { adviceOf, type Evidence, macAdvice, type Surroundings } from './advice.ts';
import { Awaiting } from './awaiting.ts';
import type { Clock } from './clock.ts';
import { destinationsText, pathText } from './step-text.ts';
import { goalText, type Target } from './target.ts';
import type { Trace } from './trace.ts';
import type { Probes } from './wake-await.ts';
import { type Way, wayTo } from './way.ts';

export interface ExaminationOptions {
  readonly target: Target;
  readonly clock: Clock;
  readonly probes: Probes;
  readonly trace: Trace;
  readonly surroundings: Surroundings;
  /** Until when it would not be woken, after a wake that failed; null when it would. */
  readonly tooSoon: string | null;
}

/** How long it is probed, in milliseconds: ARP is asked twice. */
const probing = 1_500;

/** Looks at everything that waking a device depends on, wakes nothing, and says what would be done. */
export async function examine(options: ExaminationOptions): Promise<void> {
  const { target, trace, surroundings, tooSoon } = options;
  const way = wayTo(target.host, target.address, surroundings.locals);
  if (target.host.wake.run === null) trace.add('path', way.problem === null, pathText(way));
  const { ready, seen } = await probe(options);
  if (trace.ended !== null) return;
  const goal = `${target.address} ${goalText(target.goal)}`;
  if (ready) trace.add('ready', true, `${goal}: ready; nothing would have to be woken`);
  else trace.add('probe', null, `${goal}: ${seen.refused ? 'refused' : 'no answer'} within ${probing} ms`);
  trace.add('packets', null, intention(target, way));
  if (tooSoon !== null) trace.add('packets', null, `but not before ${tooSoon}: the last wake failed`);
  for (const text of advice(options, way, seen, ready)) trace.add('advice', null, text);
  trace.end(!trace.faulty);
}

interface Probed {
  readonly ready: boolean;
  readonly seen: Awaiting['seen'];
}

function probe({ target, clock, probes, trace }: ExaminationOptions): Promise<Probed> {
  return new Promise((resolve) => {
    const end = (ready: boolean): void => {
      cancel();
      awaiting.close();
      resolve({ ready, seen: awaiting.seen });
    };
    const awaiting = new Awaiting({ target, clock, probes, trace, onReady: () => end(true) });
    const cancel = clock.after(probing, () => end(false));
  });
}

function intention({ host }: Target, { destinations }: Way): string {
  const { run, ports, password } = host.wake;
  if (run !== null) return `would run ${run.join(' ')}`;
  if (host.macs.length === 0) return `${host.name} has no MAC address to wake it by`;
  const secret = password === null ? '' : ` with a SecureOn password of ${password.length} bytes`;
  return `would send magic packets for ${host.macs.join(' and ')}${secret} ${destinationsText(destinations, ports)}`;
}

/** A machine that sleeps and does not answer is as it should be: then only what is wrong on our side counts. */
function advice(
  { target, surroundings }: ExaminationOptions,
  way: Way,
  seen: Pick<Evidence, 'life' | 'refused' | 'neighbour' | 'unreachable'>,
  ready: boolean,
): readonly string[] {
  if (ready) return macAdvice(target.host.macs);
  const nothing = { sent: 0, sendProblems: [], commandProblem: null };
  const found = adviceOf({ target, way, surroundings, ...nothing, ...seen });
  const isQuiet = seen.life === 'none' && way.problem === null && seen.unreachable === null;
  return [...(isQuiet ? [quiet] : found), ...macAdvice(target.host.macs)];
}

const quiet = 'it sleeps or is switched off; whether it wakes is to be seen by waking it';
