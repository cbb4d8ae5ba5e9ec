// SPDX-License-Identifier: MIT
import { type ChildListener, type ChildPlan, SupervisedChild } from './supervised-child.ts';

/** All the children of one `up`, started in the order given and stopped in another. */
export class Children {
  readonly #children: readonly SupervisedChild[];
  readonly #stopOrder: readonly string[];
  #stopping: Promise<void> | undefined;

  constructor(plans: readonly ChildPlan[], stopOrder: readonly string[], listener: ChildListener) {
    this.#children = plans.map((plan) => new SupervisedChild(plan, listener));
    this.#stopOrder = stopOrder;
  }

  start(): void {
    for (const child of this.#children) child.start();
  }

  signal(signal: NodeJS.Signals, names: readonly string[]): void {
    for (const child of this.#children) if (names.includes(child.name)) child.signal(signal);
  }

  /** One after the other, each gone before the next is asked. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  async #stopInOrder(): Promise<void> {
    const rank = (child: SupervisedChild): number => this.#stopOrder.indexOf(child.name);
    for (const child of this.#children.toSorted((a, b) => rank(a) - rank(b))) await child.stop();
  }
}
