// SPDX-License-Identifier: MIT
import type { WakeReply, WakeRequest, WakeState } from '@nftoggle/contracts';
import type { FakeTime } from './fake-time.fixture.ts';

/** wol, whose devices are as a test says, and which is as patient as it is asked to be. */
export class FakeWol {
  readonly requests: WakeRequest[] = [];
  /** Devices that are up; those of `failed` are given up. */
  readonly up = new Set<string>();
  readonly failed = new Set<string>();
  /** `silent`: it was killed in the middle of an answer. */
  mood: 'well' | 'gone' | 'silent' | 'unaware' = 'well';
  readonly #time: FakeTime;
  readonly #waiting = new Set<() => void>();

  constructor(time: FakeTime) {
    this.#time = time;
  }

  readonly wake = (request: WakeRequest): Promise<WakeReply> => {
    this.requests.push(request);
    if (this.mood === 'gone') return Promise.reject(new Error('nobody listens'));
    if (this.mood === 'silent') return new Promise(() => undefined);
    if (this.mood === 'unaware')
      return Promise.resolve({ error: 'unknown_name', message: `${request.device} is no device` });
    return new Promise((resolve) => {
      const answer = (): void => {
        this.#waiting.delete(look);
        cancel();
        resolve(this.#state(request.device));
      };
      const look = (): void => {
        if (this.#state(request.device).state !== 'waking') answer();
      };
      const cancel = this.#time.after(request.patience, answer);
      this.#waiting.add(look);
      look();
    });
  };

  /** The devices answer from now on. */
  boot(...devices: readonly string[]): void {
    for (const device of devices) this.up.add(device);
    for (const look of [...this.#waiting]) look();
  }

  giveUp(device: string): void {
    this.failed.add(device);
    for (const look of [...this.#waiting]) look();
  }

  #state(device: string): WakeState {
    const state = this.up.has(device) ? 'ready' : this.failed.has(device) ? 'failed' : 'waking';
    return { state, device, started: null, deadline: null, retryAt: null, expected: null, problem: null };
  }
}
