// SPDX-License-Identifier: MIT
import { connect, type Socket } from 'node:net';

export type TcpAnswer =
  | { readonly kind: 'open' | 'refused' }
  /** Nothing can be sent there; the kernel's word for it. */
  | { readonly kind: 'unreachable'; readonly code: string };

/** Milliseconds from one attempt to the next while nothing answers, */
const searching = 100;
/** and once the machine refuses: its port may open any moment, and a refusal costs two small packets. */
const knocking = 50;
/**
 * How long an attempt lives. Several overlap, because the kernel itself repeats a SYN after a second and more. A SYN
 * that waits for the neighbour's address is sent the moment that it is known.
 */
const patience = 1_000;

/**
 * Knocks at a port until it is stopped. Each connect() makes the kernel ask for the neighbour's address anew where
 * it has none. A connection that is made is closed in order and without a byte: to most servers that is somebody
 * who thought better of it, while a reset is an error that they log.
 */
export function knock(address: string, port: number, heard: (answer: TcpAnswer) => void): () => void {
  const sockets = new Set<Socket>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let begun = 0;
  let pace = searching;

  const schedule = (): void => {
    clearTimeout(timer);
    timer = setTimeout(attempt, Math.max(0, begun + pace - performance.now()));
  };
  const tell = (answer: TcpAnswer): void => {
    if (stopped) return;
    if (answer.kind === 'refused' && pace !== knocking) {
      pace = knocking;
      schedule();
    }
    heard(answer);
  };
  const attempt = (): void => {
    begun = performance.now();
    const socket = connect({ host: address, port });
    sockets.add(socket);
    socket.setTimeout(patience, () => socket.destroy());
    socket.once('connect', () => {
      tell({ kind: 'open' });
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const answer = answerOf(error.code);
      if (answer !== null) tell(answer);
    });
    socket.once('close', () => sockets.delete(socket));
    schedule();
  };
  attempt();
  return () => {
    stopped = true;
    clearTimeout(timer);
    for (const socket of sockets) socket.destroy();
  };
}

function answerOf(code = ''): TcpAnswer | null {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return { kind: 'refused' };
    case 'ENETUNREACH':
    case 'EINVAL':
    case 'EACCES':
    case 'EPERM':
      return { kind: 'unreachable', code };
    default:
      // EHOSTUNREACH above all: the neighbour did not answer within 3 s. That is what sleeping looks like.
      return null;
  }
}
