// SPDX-License-Identifier: MIT
import type { Paint } from '../paint.ts';

/** What a page depends on beside what it tells. */
export interface PageFrame {
  readonly now: Date;
  /** Columns of the terminal. */
  readonly width: number;
  readonly paint: Paint;
}
