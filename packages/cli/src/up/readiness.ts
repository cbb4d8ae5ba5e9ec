// SPDX-License-Identifier: MIT
import { SystemStatus } from '@nftoggle/contracts';
import { sendToDaemon } from '../client/daemon-socket.ts';
import { pause } from '../pause.ts';

const lookEvery = 100;
/** A start that takes longer than this, in milliseconds, is worth a word. */
const defaultPatience = 20_000;

/**
 * Waits for ever until ports are guarded and questions get answers. Tells `onSilence` once, when that takes
 * long, which part is missing. Of what it can guard without, it waits no longer than that: the status that it
 * returns then is not healthy. Undefined when `signal` ended the wait.
 */
export async function waitUntilGuarding(
  socket: string,
  signal: AbortSignal,
  onSilence: (problem: string) => void,
  patience = defaultPatience,
): Promise<SystemStatus | undefined> {
  const started = performance.now();
  let told = false;
  while (!signal.aborted) {
    const status = await look(socket);
    const late = performance.now() - started > patience;
    if (!signal.aborted && status !== undefined && isGuarding(status, late)) return status;
    if (!told && late) {
      told = true;
      onSilence(whatIsMissing(status));
    }
    await pause(lookEvery, signal);
  }
  return undefined;
}

/** `late`: it has to do without wol, which wakes devices, and hooks, which tell of events: neither guards. */
export function isGuarding(
  { healthy, interceptor, policy, wol, hooks }: SystemStatus,
  late = false,
): boolean {
  const guards = interceptor?.guard === 'guarding' || interceptor?.guard === 'watching';
  return guards && (healthy || (late && policy !== null && (wol === null || hooks === null)));
}

/** One look at the system; undefined when nobody answers. */
export async function look(socket: string): Promise<SystemStatus | undefined> {
  try {
    const { body } = await sendToDaemon(socket, { path: '/v1/status' });
    return SystemStatus.safeParse(body).data;
  } catch {
    // Not there yet: that is what we wait for.
    return undefined;
  }
}

export function whatIsMissing(status: SystemStatus | undefined): string {
  if (status === undefined) return 'the api does not answer on its socket';
  if (status.interceptor === null) return 'the interceptor does not answer on the bus';
  if (status.policy === null)
    return 'policy does not answer on the bus: the fallback of each service applies';
  if (status.interceptor.guard === 'failed') return 'the interceptor could not load its ruleset';
  if (status.interceptor.guard === 'removed') return 'the guard was removed by `nftoggle panic`';
  if (status.wol === null && status.hooks === null)
    return 'wol and hooks do not answer on the bus: no device is woken, and events wait for their hooks';
  if (status.wol === null) return 'wol does not answer on the bus: no device is woken';
  if (status.hooks === null) return 'hooks does not answer on the bus: events wait for their hooks';
  return 'all daemons answer, and one of them is not healthy: see `nftoggle status`';
}

/** The one line that tells people, and scripts, that the work has begun. */
export function guardingLine(status: SystemStatus): string {
  const { services, guard, revision } = status.interceptor ?? { services: [], guard: 'failed', revision: '' };
  const list = services.map(({ name, ports }) => `${name} ${ports.join(' ')}`).join(', ');
  const count = services.length === 1 ? '1 service' : `${services.length} services`;
  const what = `${count}${list === '' ? '' : ` (${list})`} with revision ${revision}`;
  return guard === 'watching'
    ? `watching ${what}: nothing is blocked`
    : `guarding ${what}: strangers see nothing`;
}
