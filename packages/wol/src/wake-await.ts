// SPDX-License-Identifier: MIT
// Probes a target, by real sockets, until it is stopped.
import { isIP } from 'node:net';
import { NeighbourLife } from './neighbour-life.ts';
import type { Neighbours } from './neighbours.ts';
import { ping } from './ping-probe.ts';
import type { Sign } from './readiness.ts';
import type { Target } from './target.ts';
import { knock, type TcpAnswer } from './tcp-probe.ts';
import { poke } from './udp-probe.ts';

export interface Probes {
  /** Tells what is heard, from the next turn on, until the function that is returned is called. */
  start(target: Target, heard: (sign: Sign) => void): () => void;
}

export interface ProbeOptions {
  readonly neighbours: Neighbours;
  /** The program `ping`. */
  readonly ping?: string;
}

/** Where a machine is knocked at that is to show no more than that it is there: hardly any listens there (discard). */
const anyPort = 9;
/** Milliseconds between two looks at the kernel's neighbours. */
const lookInterval = 500;

export function realProbes({ neighbours, ping: program = 'ping' }: ProbeOptions): Probes {
  return {
    start: (target, heard) => {
      let stopped = false;
      const tell = (sign: Sign): void => {
        if (!stopped) heard(sign);
      };
      const look = neighbourLooks(target, neighbours, tell);
      const timer = setInterval(look, lookInterval);
      const stops = knockAt(target, program, tell);
      void look();
      return () => {
        stopped = true;
        clearInterval(timer);
        for (const stop of stops) stop();
      };
    },
  };
}

function knockAt({ address, goal }: Target, program: string, tell: (sign: Sign) => void): (() => void)[] {
  if (isIP(address) === 0) throw new TypeError(`not an address: ${address}`);
  if (goal.kind === 'tcp') return [knock(address, goal.port, (answer) => tell(signOf(answer)))];
  const life = [
    knock(address, anyPort, (answer) => tell(lifeSignOf(answer))),
    ping(program, address, (answer) =>
      tell(
        answer === 'alive' ? { kind: 'alive', how: 'ping' } : { kind: 'unusable', problem: answer.unusable },
      ),
    ),
  ];
  return goal.kind === 'udp' ? [...life, poke(address, goal.port, (kind) => tell({ kind }))] : life;
}

function signOf(answer: TcpAnswer): Sign {
  if (answer.kind !== 'unreachable') return { kind: answer.kind };
  return { kind: 'unreachable', problem: unreachable(answer.code) };
}

function lifeSignOf(answer: TcpAnswer): Sign {
  return answer.kind === 'unreachable'
    ? signOf(answer)
    : { kind: 'alive', how: `tcp/${anyPort}: ${answer.kind}` };
}

function unreachable(code: string): string {
  if (code === 'ENETUNREACH') return 'this host has no route there';
  if (code === 'EPERM' || code === 'EACCES') return `a firewall of this host forbids it (${code})`;
  return code;
}

/** A look at a time; what fails is no sign. */
function neighbourLooks(
  target: Target,
  neighbours: Neighbours,
  tell: (sign: Sign) => void,
): () => Promise<void> {
  const life = new NeighbourLife(target.host.macs);
  let looking = false;
  return async () => {
    if (looking) return;
    looking = true;
    const neighbour = await neighbours.find(target.address).catch(() => null);
    looking = false;
    tell({ kind: 'neighbour', neighbour, card: life.look(neighbour) });
  };
}
