// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import { eventId } from '@nftoggle/bus';
import { type DaemonContext, Processes } from '@nftoggle/daemon';
import type { Attempt, Deliver } from './attempt.ts';
import { systemClock } from './clock.ts';
import { Courier } from './courier.ts';
import { isFor } from './event-match.ts';
import { systemResolve } from './guarded-lookup.ts';
import type { Letters } from './letter.ts';
import { LetterDesk } from './letter-desk.ts';
import { Places } from './places.ts';
import { Readings } from './readings.ts';
import { runScript } from './script-run.ts';
import { statusOf } from './status.ts';
import { Tally } from './tally.ts';
import { deliverWebhook } from './webhook-deliver.ts';

/** What hooks need of the process around them. */
export interface HooksContext
  extends Pick<DaemonContext, 'bus' | 'loaded' | 'onConfig' | 'onStop' | 'status'> {
  readonly metrics: Pick<DaemonContext['metrics'], 'count' | 'set' | 'clear' | 'observe' | 'onScrape'>;
  readonly log: Pick<DaemonContext['log'], 'info' | 'warn' | 'error'>;
}

/** How many programs of all hooks may run at once. */
const programsAtOnce = 4;
/** How long status and metrics wait for what the server knows, in milliseconds. */
const patience = 500;

/** Delivers events to the hooks of the configuration in force, and answers for them on the bus. */
export function serveHooks(context: HooksContext): void {
  const { bus, loaded, onConfig, onStop, status } = context;
  const tally = new Tally();
  const processes = new Processes();
  const letters: Letters = bus.shelf('letters');
  const courier = openCourier(context, deliverBy(context, processes), letters, tally);
  const readings = new Readings(bus, async (hook, event, signal) => {
    if (isFor(hook, event, loaded().config)) await courier.carry(hook, event, signal);
  });
  const hooks = () => loaded().config.hooks;
  const desk = new LetterDesk({
    config: () => loaded().config,
    letters,
    courier,
    now: () => Date.now(),
    newId: randomUUID,
  });
  const waiting = (name: string) => soon(readings.waiting(name));
  const letterCount = () => soon(letters.keys().then((keys) => keys.length));
  bus.serve('hooksStatus', () => statusOf(status(), { hooks, tally, waiting, letters: letterCount }));
  bus.serve('hookTest', ({ hook, type }) => desk.test(hook, type));
  bus.serve('deadLetters', ({ hook, limit }) => desk.list(hook, limit));
  bus.serve('deadLetter', ({ id, discard }) => (discard ? desk.discard(id) : desk.retry(id)));
  measure(context, waiting, letterCount);
  // Newest first: programs that still run are ended after the readings had their time.
  onStop('programs', () => processes.close());
  onStop('hooks', () => readings.close());
  onConfig(({ config }) => {
    tally.keep(config.hooks);
    readings.update(config.hooks);
  });
  readings.update(hooks());
}

function deliverBy({ log }: HooksContext, processes: Processes): Deliver {
  const scripts = {
    run: processes.run.bind(processes),
    places: new Places(programsAtOnce),
    isRoot: process.geteuid?.() === 0,
    onOutput: (hook: string, output: string) => log.info({ hook, output }, `${hook}: what its program wrote`),
  };
  return (hook, message, signal) =>
    hook.action.kind === 'webhook'
      ? deliverWebhook(hook, hook.action, message, signal, { resolve: systemResolve })
      : runScript(hook, hook.action, message, signal, scripts);
}

function openCourier(context: HooksContext, deliver: Deliver, letters: Letters, tally: Tally): Courier {
  const { bus, loaded, log, metrics } = context;
  return new Courier({
    deliver,
    letters,
    publishFailed: (data, { at, id }) =>
      bus.publish('hook_failed', data, undefined, { id: eventId(Date.parse(at), id), time: at }),
    timezone: () => loaded().config.timezone,
    clock: systemClock,
    random: Math.random,
    onAttempt: (hook: string, attempt: Attempt, milliseconds: number) => {
      tally.add(hook, attempt);
      const outcome = attempt.delivered ? 'delivered' : 'failed';
      metrics.count('nftoggle_hook_deliveries_total', { hook, outcome });
      metrics.observe('nftoggle_hook_seconds', { hook }, milliseconds / 1_000);
      if (!attempt.delivered) log.warn({ hook }, `${hook}: ${attempt.detail}`);
    },
    onDead: (hook, letter) => {
      metrics.count('nftoggle_hook_deliveries_total', { hook, outcome: 'dead' });
      log.error(
        { hook, letter: letter.id, attempts: letter.attempts },
        `${hook}: given up: ${letter.problem}`,
      );
    },
    onProblem: (problem) => log.error(problem),
  });
}

function measure(
  { loaded, metrics }: HooksContext,
  waiting: (hook: string) => Promise<number | null>,
  letters: () => Promise<number | null>,
): void {
  metrics.onScrape(async () => {
    const names = [...loaded().config.hooks.keys()];
    const [count, ...counts] = await Promise.all([letters(), ...names.map(waiting)]);
    metrics.clear('nftoggle_hook_waiting');
    for (const [index, hook] of names.entries()) {
      const events = counts[index];
      if (typeof events === 'number') metrics.set('nftoggle_hook_waiting', { hook }, events);
    }
    if (typeof count === 'number') metrics.set('nftoggle_dead_letters', {}, count);
    else metrics.clear('nftoggle_dead_letters');
  });
}

/** Null when it is not known soon, or not at all. */
async function soon(count: Promise<number | null>): Promise<number | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), patience);
  return Promise.race([count.catch(() => null), late]).finally(() => clearTimeout(timer));
}
