// SPDX-License-Identifier: MIT
import { CommandError, exitCodes } from '../exit-codes.ts';

/** A whole number between two others. @throws CommandError */
export function readCount(option: string, text: string, least: number, most: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && count <= most) return count;
  throw new CommandError(
    exitCodes.usage,
    `${option}: ${JSON.stringify(text)} is not a number from ${least} to ${most}`,
  );
}
