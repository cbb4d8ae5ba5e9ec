// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { startInside } from './inside.ts';

/** Here the surroundings are this machine itself: what is tried is the way there and back. */
const here = { argvInside: (argv: readonly string[]) => argv };

interface Sample {
  double(value: Map<string, bigint>): Map<string, bigint>;
  fail(): void;
  die(code: number): void;
  environment(name: string): string | undefined;
}
const sample = new URL(
  `data:text/javascript,${encodeURIComponent(`
    export const double = (value) => new Map([...value].map(([key, number]) => [key, number * 2n]));
    export const fail = () => { throw Object.assign(new RangeError('too far'), { code: 'EFAR' }); };
    export const die = (code) => { console.error('goodbye'); process.exit(code); };
    export const environment = (name) => process.env[name];
    setInterval(() => {}, 1000);
  `)}`,
);

describe('startInside', () => {
  it('calls functions with Maps and bigints, and gives the results', async () => {
    await using inside = await startInside<Sample>(here, sample, { NFTOGGLE_SAMPLE: 'yes' });
    expect(await inside.call.double(new Map([['a', 2n ** 70n]]))).toEqual(new Map([['a', 2n ** 71n]]));
    expect(await inside.call.environment('NFTOGGLE_SAMPLE')).toBe('yes');
  });

  it('throws what the function threw, with its name and code', async () => {
    await using inside = await startInside<Sample>(here, sample);
    await expect(inside.call.fail()).rejects.toMatchObject({
      name: 'RangeError',
      code: 'EFAR',
      message: 'too far',
    });
  });

  it('says what was printed when the process ends during a call', async () => {
    await using inside = await startInside<Sample>(here, sample);
    await expect(inside.call.die(7)).rejects.toThrow(/ended during die\(\):\ngoodbye/);
    expect((await inside.ended).code).toBe(7);
  });

  it('fails when there is no such module, or no such function', async () => {
    await expect(startInside(here, new URL('file:///nowhere/nothing.ts'))).rejects.toThrow(/nothing\.ts/);
    await using inside = await startInside<Record<string, () => void>>(here, sample);
    await expect(inside.call.unknown?.()).rejects.toThrow(/has no function unknown/);
  });

  it('ends the process when it is closed, whatever still runs there', async () => {
    const inside = await startInside<Sample>(here, sample);
    await inside.close();
    await inside.close();
    expect(await inside.ended).toEqual({ code: 0, signal: null });
  });
});
