// SPDX-License-Identifier: MIT
import { existsSync } from 'node:fs';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { guardTable, NetworkNamespace, panicTable } from '../guard-table.ts';
import { requireNetAdmin } from '../net-admin.ts';
import { printLine } from '../output.ts';
import { type Paths, pidFileOf, resolvePaths } from '../paths.ts';
import { pause } from '../pause.ts';
import { programOf, startOrder } from '../up/daemon-plan.ts';
import { holderOf } from '../up/pid-file.ts';
import { endStaleChild } from '../up/stale-child.ts';

/** From `nftoggle install`. */
const bootUnit = '/etc/systemd/system/nftoggle-boot.service';

/** An `up` stops its children one after the other; each has up to 7 s. */
const patience = startOrder.length * 7_000 + 5_000;

/** Stops the `up` of a state directory and removes the guard from the network namespace that it ran in. */
export async function down(options: { readonly state?: string }): Promise<void> {
  requireNetAdmin('down');
  const paths = resolvePaths(options);
  const pid = holderOf(pidFileOf(paths, 'up'));
  const namespace = openNamespace(pid ?? 'self');
  try {
    const stopped = pid === undefined ? await endLeftovers(paths) : await stopUp(pid, paths);
    const removed = await removeTables(namespace);
    printLine(process.stdout, summary(stopped, removed, paths));
  } finally {
    namespace.close();
  }
}

/** Opened while the process lives: its namespace may be reachable by nothing else afterwards. */
function openNamespace(pid: number | 'self'): NetworkNamespace {
  try {
    return new NetworkNamespace(pid);
  } catch (cause) {
    throw new CommandError(exitCodes.cannotStart, '`down` needs root: run it with sudo', { cause });
  }
}

async function stopUp(pid: number, paths: Paths): Promise<boolean> {
  const file = pidFileOf(paths, 'up');
  process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + patience;
  while (holderOf(file) === pid) {
    if (performance.now() > deadline) process.kill(pid, 'SIGKILL');
    await pause(50);
  }
  await endLeftovers(paths);
  return true;
}

/** Children outlive a killed `up` by the moment that their own stop takes. */
async function endLeftovers(paths: Paths): Promise<boolean> {
  const ended: number[] = [];
  for (const name of startOrder) {
    const pid = await endStaleChild(pidFileOf(paths, name), programOf(name), paths.state);
    if (pid !== undefined) ended.push(pid);
  }
  return ended.length > 0;
}

/** Which of our tables there were. */
async function removeTables(namespace: NetworkNamespace): Promise<readonly string[]> {
  try {
    const tables = await namespace.listTables();
    const ours = [guardTable, panicTable].filter((table) => tables.includes(table));
    for (const table of ours) await namespace.deleteTable(table);
    return ours;
  } catch (error) {
    throw new CommandError(exitCodes.failed, `the guard could not be removed: ${(error as Error).message}`);
  }
}

function summary(stopped: boolean, removed: readonly string[], { state, config }: Paths): string {
  if (!stopped && removed.length === 0)
    return 'nothing to do: nftoggle does not run, and no guard is loaded here';
  const parts = [
    ...(stopped ? ['stopped nftoggle'] : []),
    removed.includes(guardTable)
      ? `removed table inet ${guardTable}: the guarded ports are open again`
      : 'no guard was loaded',
    ...(removed.includes(panicTable) ? ['removed the mark that `nftoggle panic` left'] : []),
  ];
  const left = [config, state].filter((path) => existsSync(path));
  return [
    `${parts.join('; ')}.`,
    ...(left.length > 0 ? [`left in place: ${left.join(', ')}`] : []),
    ...(existsSync(bootUnit) ? ['the next boot shuts them again: `nftoggle uninstall` ends that'] : []),
  ].join('\n');
}
