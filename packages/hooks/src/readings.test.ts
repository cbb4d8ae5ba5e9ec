// SPDX-License-Identifier: MIT
import type { EventHandler } from '@nftoggle/bus';
import type { Hook } from '@nftoggle/config';
import type { EventReader } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { aDenial, aHook, aWebhook } from './hook.fixture.ts';
import { type Carry, type EventSource, Readings } from './readings.ts';

interface Open {
  readonly reader: EventReader;
  readonly handle: EventHandler;
  stopped: boolean;
}

/** Readings that stop when they are let. */
class Source implements EventSource {
  readonly opened: Open[] = [];
  stops: Promise<void> = Promise.resolve();
  lag: number | null = 1;

  readEvents(reader: EventReader, atMost: number, handle: EventHandler) {
    expect(atMost).toBe(1);
    const open: Open = { reader, handle, stopped: false };
    this.opened.push(open);
    return {
      stop: async () => {
        await this.stops;
        open.stopped = true;
      },
      waiting: async () => this.lag,
    };
  }

  get open(): string[] {
    return this.opened.filter(({ stopped }) => !stopped).map(({ reader }) => reader.name);
  }
}

const hooks = (...list: readonly Hook[]): ReadonlyMap<string, Hook> =>
  new Map(list.map((hook) => [hook.name, hook]));
const tracksOf = (name: string): string[] => Array.from({ length: 8 }, (_, track) => `hook_${name}_${track}`);
const nothing: Carry = async () => undefined;
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the readings', () => {
  it('are eight for each hook', async () => {
    const source = new Source();
    const readings = new Readings(source, nothing);
    readings.update(hooks(aHook(), aHook({ name: 'log' })));
    await settle();
    expect(source.open.sort()).toEqual([...tracksOf('log'), ...tracksOf('phone')]);
    expect(await readings.waiting('phone')).toBe(8);
    expect(await readings.waiting('other')).toBeNull();
    source.lag = null;
    expect(await readings.waiting('phone')).toBeNull();
  });

  it('of hooks that stay as they were go on, and the others begin, end, or begin again', async () => {
    const source = new Source();
    const readings = new Readings(source, nothing);
    const headers = () => new Map([['x-a', '1']]);
    const same = () => aHook({ name: 'same', action: aWebhook({ headers: headers() }) });
    readings.update(hooks(same(), aHook({ name: 'changed' }), aHook({ name: 'gone' })));
    await settle();
    readings.update(hooks(same(), aHook({ name: 'changed', timeout: 11 }), aHook({ name: 'new' })));
    await settle();
    const counts = Object.groupBy(source.opened, ({ reader }) => reader.name);
    expect(counts.hook_same_0).toHaveLength(1);
    expect(counts.hook_changed_0?.map(({ stopped }) => stopped)).toEqual([true, false]);
    expect(source.open.sort()).toEqual([...tracksOf('changed'), ...tracksOf('new'), ...tracksOf('same')]);
  });

  it('begin again only when the old ones have ended, and with what is wanted by then', async () => {
    const source = new Source();
    const carried: number[] = [];
    const readings = new Readings(source, async (hook) => void carried.push(hook.timeout));
    readings.update(hooks(aHook({ timeout: 1 })));
    await settle();
    const { promise, resolve } = Promise.withResolvers<void>();
    source.stops = promise;
    for (const timeout of [2, 3, 4]) readings.update(hooks(aHook({ timeout })));
    await settle();
    expect(source.opened).toHaveLength(8);
    resolve();
    await settle();
    expect(source.opened).toHaveLength(16);
    await source.opened.at(-1)?.handle([aDenial()], new AbortController().signal);
    expect(carried).toEqual([4]);
    // And back to what they are: nothing to do.
    readings.update(hooks(aHook({ timeout: 4 })));
    await settle();
    expect(source.opened).toHaveLength(16);
  });

  it('all end with the daemon', async () => {
    const source = new Source();
    const readings = new Readings(source, nothing);
    readings.update(hooks(aHook()));
    await settle();
    await readings.close();
    expect(source.open).toEqual([]);
  });
});
