// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';

/** Milliseconds from one echo request to the next. */
const interval = 500;
const mostAtOnce = 4;

/**
 * Pings by the program, since Node has no ICMP sockets. Where there is none, or it may not, `unusable` is told once
 * and nothing else: other signs of life have to do.
 */
export function ping(
  program: string,
  address: string,
  heard: (answer: 'alive' | { readonly unusable: string }) => void,
): () => void {
  const running = new Set<ChildProcess>();
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
    for (const child of running) child.kill('SIGKILL');
  };
  const fail = (why: string): void => {
    if (stopped) return;
    stop();
    heard({ unusable: why });
  };
  const send = (): void => {
    if (running.size >= mostAtOnce) return;
    const child = spawn(program, ['-n', '-c', '1', '-W', '1', address], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    running.add(child);
    let complaint = '';
    child.stderr.on('data', (text) => {
      complaint = (complaint + text).slice(0, 200);
    });
    child.once('error', () => fail('there is no program `ping` here'));
    child.once('close', (code) => {
      running.delete(child);
      if (stopped) return;
      if (code === 0) heard('alive');
      // iputils ends with 2, busybox with 1 as for no answer, when it may not open its socket.
      else if (code === 2 || /permi|privilege/i.test(complaint)) fail(`ping: ${complaint.trim()}`);
    });
  };
  const timer = setInterval(send, interval);
  send();
  return stop;
}
