// SPDX-License-Identifier: MIT
import type { Memory, MemoryText, OldMemory, SessionMemory } from './session-file.ts';

/** A file that is only in memory; it goes through text all the same. */
export class FakeMemory implements SessionMemory {
  #text: string | undefined;
  /** Of what is found there. */
  facts = { isOfThisBoot: true, seen: 0, damaged: 0 };
  writes = 0;

  read(): OldMemory | undefined {
    return this.#text === undefined ? undefined : { ...(JSON.parse(this.#text) as Memory), ...this.facts };
  }

  async write({ sessions, untold }: MemoryText): Promise<void> {
    this.#text = `{"sessions":[${sessions.join(',')}],"untold":[${untold.join(',')}]}`;
    this.writes += 1;
  }

  /** As if a life had written this. */
  put(memory: Memory): void {
    this.#text = JSON.stringify(memory);
  }

  confirm(): void {}
}
