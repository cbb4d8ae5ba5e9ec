// SPDX-License-Identifier: MIT
import { parseDuration } from '@nftoggle/config';
import { CommandError, exitCodes } from '../exit-codes.ts';

/** Seconds. @throws CommandError */
export function readDuration(text: string): number {
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  throw new CommandError(exitCodes.usage, `${parsed.message} ${parsed.remedy}`);
}
