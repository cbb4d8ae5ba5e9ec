// SPDX-License-Identifier: MIT
import type { Side } from './document.ts';
import type { Fault } from './parsed.ts';
import type { Path } from './problem.ts';

/** A fault of a value, before it is known in which line that value stands. */
export interface ValueFault extends Fault {
  readonly path: Path;
  readonly side: Side;
}

export function valueFault(path: Path, { message, remedy }: Fault): ValueFault {
  return { path, side: 'value', message, remedy };
}

export function keyFault(path: Path, { message, remedy }: Fault): ValueFault {
  return { path, side: 'key', message, remedy };
}
