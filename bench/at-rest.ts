// SPDX-License-Identifier: MIT
// What running processes cost while nothing happens.
//   at-rest.ts [--seconds N] [--json FILE] --state DIRECTORY | [NAME=]PID…
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { costBetween, formatCosts, lookAt } from './process-cost.ts';

interface Named {
  readonly name: string;
  readonly pid: number;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    state: { type: 'string' },
    json: { type: 'string' },
  },
});

/** `up` keeps a file with the number of each process. */
function processesOf(state: string): readonly Named[] {
  const files = readdirSync(join(state, 'run')).filter((file) => file.endsWith('.pid') && file !== 'up.pid');
  return files.map((file) => ({
    name: file.slice(0, -'.pid'.length),
    pid: Number(readFileSync(join(state, 'run', file), 'utf8')),
  }));
}

function named(argument: string): Named {
  const [, name, pid] = /^(?:(.+)=)?(\d+)$/.exec(argument) ?? [];
  if (pid === undefined) throw new TypeError(`${argument}: not the number of a process; right is NAME=PID`);
  return { name: name ?? readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), pid: Number(pid) };
}

const processes = options.state === undefined ? positionals.map(named) : processesOf(options.state);
const seconds = Number(options.seconds);
if (processes.length === 0 || !(seconds > 0)) {
  console.error('at-rest.ts [--seconds N] [--json FILE] --state DIRECTORY | [NAME=]PID…');
  process.exit(2);
}

const looks = processes.map(({ pid }) => ({ at: performance.now(), look: lookAt(pid) }));
await sleep(seconds * 1_000);
const costs = processes.flatMap(({ name, pid }, index) => {
  const before = looks[index];
  if (before === undefined) return [];
  const now = performance.now();
  return [costBetween(name, pid, before.look, lookAt(pid), (now - before.at) / 1_000)];
});
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ seconds, costs }, null, 2)}\n`);
console.log(formatCosts(costs));
