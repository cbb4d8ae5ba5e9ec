// SPDX-License-Identifier: MIT
import type { DeliveryOutcome } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { printable } from './printable.ts';

/** `✓ phone: ntfy.example answered 200 (83 ms)`; `what` is the type of the event, where it is not an example. */
export function outcomeLine(
  { hook, delivered, detail, milliseconds }: DeliveryOutcome,
  paint: Paint,
  what?: string,
): string {
  const mark = delivered ? paint('green', '✓ delivered') : paint('red', '✗ not delivered');
  const event = what === undefined ? '' : ` ${what}`;
  const words = printable(detail) === '' ? '' : `: ${printable(detail)}`;
  return `${mark}${event} to ${hook}${words} (${tookText(milliseconds)})`;
}

function tookText(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}
