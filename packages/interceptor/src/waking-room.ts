// SPDX-License-Identifier: MIT
// How many packets may wait for machines to wake, so that one that never does leaves room for all others.

/**
 * Half of the room is shared out equally among the devices that can be woken, and each share is kept for its
 * device alone. The other half goes to whoever comes first.
 */
export class WakingRoom {
  readonly limit: number;
  readonly #devices: () => number;
  readonly #taken = new Map<string, number>();
  #total = 0;

  /** `devices`: how many can be woken. */
  constructor(limit: number, devices: () => number) {
    this.limit = limit;
    this.#devices = devices;
  }

  get taken(): number {
    return this.#total;
  }

  /** Takes a place for a packet that waits for a device; false when there is none. */
  take(device: string): boolean {
    const own = this.#taken.get(device) ?? 0;
    if (this.#total >= this.limit) return false;
    if (own >= this.#share && this.#total + this.#keptFromOthers(device) >= this.limit) return false;
    this.#taken.set(device, own + 1);
    this.#total += 1;
    return true;
  }

  giveBack(device: string, places: number): void {
    const left = (this.#taken.get(device) ?? 0) - places;
    if (left > 0) this.#taken.set(device, left);
    else this.#taken.delete(device);
    this.#total -= places;
  }

  /** At least one place for each device, where there are as many. */
  get #share(): number {
    const devices = this.#devices();
    return devices > this.limit ? 0 : Math.max(1, Math.floor(this.limit / (2 * Math.max(1, devices))));
  }

  /** Places that are kept for other devices than this one, and which they do not use now. */
  #keptFromOthers(device: string): number {
    const share = this.#share;
    let kept = Math.max(0, this.#devices() - 1) * share;
    for (const [other, taken] of this.#taken) if (other !== device) kept -= Math.min(share, taken);
    return Math.max(0, kept);
  }
}
