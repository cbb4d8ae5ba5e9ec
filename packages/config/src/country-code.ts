// SPDX-License-Identifier: MIT
// Countries by their two letters, ISO 3166-1 alpha-2.
import { accept, type Parsed, refuse } from './parsed.ts';
import { suggest } from './suggest.ts';

const english = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/**
 * Regions that have a name and are no country of ISO 3166-1: parts of others, groups of countries, and codes for
 * tests. Kosovo (XK) is not in that list: it is no ISO code either, but country databases have it.
 */
const notCountries = ['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ'];

/** What people call some countries, beside the name that the system has. */
const otherNames: Readonly<Record<string, string>> = {
  usa: 'US',
  america: 'US',
  'united states of america': 'US',
  england: 'GB',
  'great britain': 'GB',
  holland: 'NL',
  'czech republic': 'CZ',
  uae: 'AE',
};

/** Upper case, whatever the text is. */
export function parseCountryCode(text: string): Parsed<string> {
  const code = text.toUpperCase();
  if (isCountry(code)) return accept(code);
  return refuse(`${JSON.stringify(text)} is not a country code.`, remedyFor(text.trim()));
}

/** A code that has been given up, such as `UK` or `SU`, is another one by now. */
function isCountry(code: string): boolean {
  return /^[A-Z]{2}$/.test(code) && nameOf(code) !== null && currentCode(code) === code;
}

function nameOf(code: string): string | null {
  return notCountries.includes(code) ? null : (english.of(code) ?? null);
}

function currentCode(code: string): string {
  return new Intl.Locale(`und-${code}`).region ?? code;
}

function remedyFor(text: string): string {
  const code = text.toUpperCase();
  if (code === 'EU') return 'The EU is many countries: write the code of each.';
  const current = /^[A-Z]{2}$/.test(code) && !notCountries.includes(code) ? currentCode(code) : code;
  const meant = current !== code ? current : codeOfName(text);
  return meant === null ? 'Write two letters as in ISO 3166-1, such as DE or FR.' : `Did you mean ${meant}?`;
}

function codeOfName(text: string): string | null {
  if (text.length < 3) return null;
  const names = codesByName();
  return names.get(suggest(text, names.keys()) ?? '') ?? null;
}

/** By names in lower case. */
function codesByName(): ReadonlyMap<string, string> {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const codes = letters.flatMap((first) => letters.map((second) => first + second)).filter(isCountry);
  return new Map([
    ...codes.map((code) => [(nameOf(code) ?? code).toLowerCase(), code] as const),
    ...Object.entries(otherNames),
  ]);
}
