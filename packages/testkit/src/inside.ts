// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Something that can run a program inside a network namespace: a host of the lab. */
export interface Surroundings {
  argvInside(argv: readonly string[]): readonly string[];
}

/** The functions of a module, called from outside its process. */
export type Remote<Module> = {
  readonly [Name in keyof Module]: Module[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

export interface Inside<Module> extends AsyncDisposable {
  readonly call: Remote<Module>;
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  /** How it ended: by itself, or through `close`. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  close(): Promise<void>;
}

/** A question to the process, and its answer; 0 tells it to end. Structured clones: Maps, bytes and bigints arrive as they are. */
export interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}
export type Answer = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly error: { readonly name: string; readonly message: string; readonly code?: string } }
);

/**
 * Imports a module in a Node process of its own inside a network namespace, for what must be called there:
 * sockets belong to the namespace of the process that opens them. Calls run one after another as they come;
 * what a function throws is thrown here as an Error with its name, message and code.
 */
export async function startInside<Module>(
  surroundings: Surroundings,
  module: URL,
  env: Readonly<Record<string, string>> = {},
): Promise<Inside<Module>> {
  const agent = fileURLToPath(new URL('./inside-agent.ts', import.meta.url));
  const [file = '', ...args] = surroundings.argvInside([process.execPath, agent, module.href]);
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const endWithUs = (): boolean => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  void ended.then(() => process.off('exit', endWithUs));

  const waiting = new Map<number, (answer: Answer) => void>();
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer));
  let calls = 0;
  const callByName = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    const id = ++calls;
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
    child.send({ id, name, args } satisfies Call, () => undefined);
    const answer = await Promise.race([answered, ended]);
    waiting.delete(id);
    if (!('id' in answer)) throw new Error(`the process ended during ${name}():\n${output}`);
    if ('result' in answer) return answer.result;
    throw Object.assign(new Error(answer.error.message), answer.error);
  };
  const call = new Proxy({} as Remote<Module>, {
    get: (_, name) => (typeof name === 'string' ? (...args: unknown[]) => callByName(name, args) : undefined),
  });
  const close = async (): Promise<void> => {
    // Not disconnect(): a ChildProcess that disconnected by itself never emits `close`.
    if (child.connected) child.send({ id: 0, name: 'exit', args: [] } satisfies Call, () => undefined);
    await ended;
  };
  await callByName('', []);
  return { call, pid: child.pid ?? 0, output: () => output, ended, close, [Symbol.asyncDispose]: close };
}
