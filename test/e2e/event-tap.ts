// SPDX-License-Identifier: MIT
// What the system says on its bus, as anybody with the key of `tap` hears it.
import { type CloudEvent, cloudEvent, type EventType, eventData } from '@nftoggle/contracts';
import type { Child } from '@nftoggle/lab';
import type { RunningSystem } from './running-system.ts';

export class EventTap implements AsyncDisposable {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Resolves when the server has taken the subscription: no later event is missed. */
  static async open(system: RunningSystem): Promise<EventTap> {
    const { port, seed } = system.bus;
    const program = `${import.meta.dirname}/programs/tap.ts`;
    const child = system.host.start([process.execPath, program, port, seed]);
    await child.waitFor(/^tapping$/, 15_000);
    return new EventTap(child);
  }

  /** Events of a type that have been heard, oldest first; each is checked against its schema. */
  heard<T extends EventType>(type: T): readonly CloudEvent<T>[] {
    return this.#messages()
      .filter((message) => message.type === type)
      .map((message) => cloudEvent(type).parse(message) as unknown as CloudEvent<T>);
  }

  /** The first event of a type, already heard or still to come, that `check` accepts. */
  async waitFor<T extends EventType>(
    type: T,
    check: (event: CloudEvent<T>) => boolean = () => true,
    timeoutMs = 5_000,
  ): Promise<CloudEvent<T>> {
    const event = await this.#child.waitUntil(() => this.heard(type).find(check), timeoutMs);
    if (event !== undefined) return event;
    throw new Error(`no ${type} like that within ${timeoutMs} ms; heard: ${this.#types().join(', ')}`);
  }

  async close(): Promise<void> {
    await this.#child.stop('SIGKILL');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #types(): readonly string[] {
    return this.#messages().flatMap(({ type }) => (type === undefined ? [] : [type]));
  }

  /** Questions pass by, too; they have no type. */
  #messages(): readonly { readonly type?: string }[] {
    return this.#child.output
      .filter(({ stream, text }) => stream === 'stdout' && text.startsWith('{'))
      .map(({ text }) => JSON.parse(text) as { readonly type?: string })
      .filter(({ type }) => type === undefined || Object.hasOwn(eventData, type));
  }
}
