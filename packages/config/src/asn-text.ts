// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';

const lastAsn = 4_294_967_295;

/** The number of an autonomous system, the network of one provider: `3320` or `AS3320`. */
export function parseAsn(text: string): Parsed<number> {
  const digits = /^(?:AS)?(\d{1,10})$/i.exec(text)?.[1];
  const asn = Number(digits ?? 0);
  if (asn >= 1 && asn <= lastAsn) return accept(asn);
  const message = `${JSON.stringify(text)} is not the number of a network (ASN).`;
  return refuse(message, digits === undefined ? 'Write it like asn:3320.' : `They go from 1 to ${lastAsn}.`);
}
