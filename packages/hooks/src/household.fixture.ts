// SPDX-License-Identifier: MIT
// A bus with everybody whom hooks meet on it: a keeper of the stream, one who tells what happens, one who asks.
import { Bus } from '@nftoggle/bus';
import { type Daemon, hookReaders } from '@nftoggle/contracts';
import { type NatsServer, startNats } from '@nftoggle/testkit';

export class Household {
  readonly nats: NatsServer;
  readonly #undo: (() => unknown)[] = [];
  #hooks: readonly string[] = [];
  #update: () => void = () => undefined;

  private constructor(nats: NatsServer) {
    this.nats = nats;
  }

  static async start(): Promise<Household> {
    const household = new Household(await startNats());
    household.later(() => household.nats.stop());
    const keeper = await household.bus('policy');
    const kept = keeper.keepEvents(() => household.#hooks.flatMap(hookReaders));
    household.#update = () => kept.update();
    return household;
  }

  /** Makes the places from which those hooks read. */
  keep(...hooks: readonly string[]): void {
    this.#hooks = hooks;
    this.#update();
  }

  /** Closed with the rest, newest first. */
  async bus(daemon: Daemon): Promise<Bus> {
    const { url, seeds } = this.nats;
    const bus = new Bus({ url, seed: seeds[daemon], node: 'box', daemon });
    this.later(() => bus.close());
    await bus.ready;
    return bus;
  }

  later(step: () => unknown): void {
    this.#undo.push(step);
  }

  async stop(): Promise<void> {
    for (const step of this.#undo.splice(0).reverse()) await step();
  }
}
