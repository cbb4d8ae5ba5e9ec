// SPDX-License-Identifier: MIT
import { styleText } from 'node:util';

export type Format = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** Colours a piece of text, or leaves it alone. */
export type Paint = (format: Format, text: string) => string;

/** Colours only where the stream is a terminal, and never under NO_COLOR. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (format, text) => styleText(format, text, { stream });
}

export const plain: Paint = (_format, text) => text;
