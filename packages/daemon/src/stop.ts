// SPDX-License-Identifier: MIT

/** How long all the steps of a stop may take together, in milliseconds. */
export const stopDeadline = 5_000;

/** Steps that undo a start. They run once, newest first, each after the one before; one that fails stops none. */
export class StopSteps {
  readonly #steps: { name: string; run: () => unknown }[] = [];
  readonly #onError: (name: string, error: unknown) => void;
  #stopping: Promise<void> | undefined;

  constructor(onError: (name: string, error: unknown) => void) {
    this.#onError = onError;
  }

  add(name: string, run: () => unknown): void {
    this.#steps.push({ name, run });
  }

  run(): Promise<void> {
    this.#stopping ??= this.#runAll();
    return this.#stopping;
  }

  async #runAll(): Promise<void> {
    for (const { name, run } of this.#steps.reverse()) {
      try {
        await run();
      } catch (error) {
        this.#onError(name, error);
      }
    }
  }
}
