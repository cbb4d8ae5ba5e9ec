// SPDX-License-Identifier: MIT
import { setTimeout } from 'node:timers/promises';

/** Between two looks at something that cannot be waited for. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
