// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';
import { suggest } from './suggest.ts';

/** An IANA name that this machine has rules for. Fixed offsets are refused: they know no summer time. */
export function parseTimezone(text: string): Parsed<string> {
  if (/^[a-z]/i.test(text) && isKnown(text)) return accept(text);
  const near = suggest(text, Intl.supportedValuesOf('timeZone'));
  return refuse(
    `${JSON.stringify(text)} is not a time zone.`,
    near === null ? 'Write an IANA name, such as Europe/Berlin or UTC.' : `Did you mean "${near}"?`,
  );
}

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
