// SPDX-License-Identifier: MIT
// The process behind startInside: imports one module and calls its functions as it is told. It ends when
// whoever started it is gone or says so, whatever the module still has open.
import type { Answer, Call } from './inside.ts';

type Functions = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

process.once('disconnect', () => process.exit(0));
const module = (await import(process.argv[2] ?? '')) as Functions;

async function answer({ id, name, args }: Call): Promise<Answer> {
  try {
    // The empty name asks whether the module is there.
    if (name === '') return { id, result: null };
    const wanted = module[name];
    if (wanted === undefined) throw new TypeError(`the module has no function ${name}`);
    return { id, result: await wanted(...args) };
  } catch (error) {
    const { name: kind, message, code } = error as NodeJS.ErrnoException;
    return { id, error: { name: kind, message, ...(code === undefined ? {} : { code }) } };
  }
}

let last: Promise<unknown> = Promise.resolve();
process.on('message', (call: Call) => {
  if (call.id === 0) process.exit(0);
  last = last.then(async () => process.send?.(await answer(call)));
});
