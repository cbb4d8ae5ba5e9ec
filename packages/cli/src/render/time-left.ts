// SPDX-License-Identifier: MIT
import { durationText } from './duration-text.ts';

export function timeLeft(until: string, now: Date): string {
  return durationText((Date.parse(until) - now.getTime()) / 1_000);
}
