// SPDX-License-Identifier: MIT
// Each maker of databases names its fields in its own way. Here is what they mean.

type Fields = Readonly<Record<string, unknown>>;

/** Codes that stand for "not known" (ISO 3166 keeps them free for users) or for more than a country. */
const noCountries: ReadonlySet<string> = new Set(['ZZ', 'XX', 'EU', 'AP']);

/**
 * ISO 3166-1 code, upper case; null where the record has none.
 * `country.iso_code`: MaxMind, DB-IP. `country_code`: ip-location-db, IPinfo Lite. `country`: IPinfo of old.
 */
export function countryOf(record: unknown): string | null {
  const { country, registered_country: registered, country_code: code } = fieldsOf(record);
  for (const value of [fieldsOf(country).iso_code, fieldsOf(registered).iso_code, code, country]) {
    const found = countryCode(value);
    if (found !== null) return found;
  }
  return null;
}

/** `autonomous_system_number`: MaxMind, DB-IP, ip-location-db. `asn`, as `AS3320` or a number: IPinfo. */
export function asnOf(record: unknown): number | null {
  const { autonomous_system_number: number, asn } = fieldsOf(record);
  return asNumber(number) ?? asNumber(asn);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function countryCode(value: unknown): string | null {
  if (typeof value !== 'string' || !/^[A-Za-z]{2}$/.test(value)) return null;
  const code = value.toUpperCase();
  return noCountries.has(code) ? null : code;
}

function asNumber(value: unknown): number | null {
  const number = typeof value === 'string' ? Number(value.replace(/^AS/i, '')) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) return null;
  return number > 0 && number < 2 ** 32 ? number : null;
}
