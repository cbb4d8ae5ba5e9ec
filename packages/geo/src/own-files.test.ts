// SPDX-License-Identifier: MIT
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseAddress } from '@nftoggle/config';
import { eventually } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GeoDatabases, openGeo } from './geo.ts';
import { mmdb } from './mmdb-write.fixture.ts';

const maxmind = (code: string) => ({ country: { iso_code: code, geoname_id: 1 } });
const germany = mmdb({ '192.0.2.0/24': maxmind('DE'), '2001:db8::/32': maxmind('DE') });
const france = mmdb({ '192.0.2.0/24': maxmind('FR'), '2001:db8::/32': maxmind('FR') });
const networks = mmdb(
  {
    '192.0.2.0/24': { autonomous_system_number: 3320 },
    '2001:db8::/40': { autonomous_system_number: 3215 },
  },
  { type: 'Test-ASN' },
);

let directory: string;
let geo: GeoDatabases | null;
let changes: number;
let problems: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-geo-'));
  geo = null;
  changes = 0;
  problems = [];
});
afterEach(async () => {
  await geo?.close();
  rmSync(directory, { recursive: true });
});

function write(name: string, content: Buffer | string): string {
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}

async function open(countries: string | null, asn: string | null = null): Promise<GeoDatabases> {
  geo = await openGeo({
    countries,
    asn,
    recheck: 10,
    onChange: () => {
      changes += 1;
    },
    onProblem: (problem) => problems.push(problem),
  });
  return geo;
}

function placeOf(text: string): ReturnType<GeoDatabases['placeOf']> {
  const address = parseAddress(text);
  if (address === null || geo === null) throw new TypeError(text);
  return geo.placeOf(address);
}

const countryOf = (text: string): string | null => placeOf(text).country;

describe("a country database of the user's own", () => {
  it.each([24, 28, 32] as const)('is read with records of %i bits', async (recordSize) => {
    const records = {
      '192.0.2.0/25': maxmind('DE'),
      '0.0.0.0/1': maxmind('US'),
      '2001:db8::/33': maxmind('FR'),
    };
    await open(write('own.mmdb', mmdb(records, { recordSize })));
    expect(placeOf('192.0.2.1')).toEqual({ country: 'DE', asn: null, prefix: 25 });
    expect(countryOf('192.0.2.129')).toBeNull();
    expect(countryOf('9.9.9.9')).toBe('US');
    expect(placeOf('2001:db8::1')).toEqual({ country: 'FR', asn: null, prefix: 33 });
    expect(countryOf('2001:db8:8000::1')).toBeNull();
    expect(problems).toEqual([]);
  });

  it('takes the place of the built-in one, and says its age', async () => {
    const file = write('own.mmdb', mmdb({ '192.0.2.0/24': maxmind('DE'), '2001:db8::/32': maxmind('DE') }));
    const { countries } = (await open(file)).status();
    expect(countryOf('90.0.0.1')).toBeNull();
    expect(countries).toEqual({ file, built: '2026-10-01T00:00:00.000Z', problem: null });
  });

  it.each([
    ['MaxMind and DB-IP', { country: { iso_code: 'DE' }, registered_country: { iso_code: 'US' } }, 'DE'],
    ['MaxMind, registered alone', { registered_country: { iso_code: 'US' } }, 'US'],
    ['a city database', { city: { names: { en: 'Bonn' } }, country: { iso_code: 'DE' } }, 'DE'],
    ['ip-location-db', { country_code: 'DE' }, 'DE'],
    ['IPinfo Lite', { country: 'Germany', country_code: 'DE', asn: 'AS3320' }, 'DE'],
    ['IPinfo of old', { country: 'DE', country_name: 'Germany' }, 'DE'],
    ['small letters', { country: 'de' }, 'DE'],
  ])('is understood as made by %s', async (_, record, country) => {
    await open(write('own.mmdb', mmdb({ '192.0.2.0/24': record, '2001:db8::/32': record })));
    expect(countryOf('192.0.2.1')).toBe(country);
    expect(countryOf('2001:db8::1')).toBe(country);
  });

  it('is not believed about private addresses, however wide its networks are', async () => {
    await open(
      write(
        'own.mmdb',
        mmdb({ '0.0.0.0/0': maxmind('DE'), '8000::/1': maxmind('DE'), '::1/128': maxmind('DE') }),
      ),
    );
    for (const text of [
      '10.0.0.1',
      '192.168.1.1',
      '100.127.255.255',
      '127.0.0.1',
      'fd00::1',
      'fe80::1',
      '::1',
    ])
      expect(countryOf(text), text).toBeNull();
    expect(placeOf('9.255.255.255')).toEqual({ country: 'DE', asn: null, prefix: 7 });
    expect(placeOf('11.0.0.0').prefix).toBe(8);
    expect(placeOf('bb00::1')).toMatchObject({ country: 'DE', prefix: 2 });
  });

  it('of IPv4 alone leaves IPv6 unknown, and says so', async () => {
    await open(write('own.mmdb', mmdb({ '32.1.0.0/16': maxmind('DE') }, { ipVersion: 4 })));
    expect(countryOf('32.1.13.184')).toBe('DE');
    // Its first 32 bits are those of 32.1.13.184.
    expect(countryOf('2001:db8::1')).toBeNull();
    expect(problems).toEqual([expect.stringContaining('every IPv6 address is unknown')]);
  });

  it('of IPv6 alone leaves IPv4 unknown, and says so', async () => {
    await open(write('own.mmdb', mmdb({ '2001:db8::/32': maxmind('DE') })));
    expect(countryOf('2001:db8::1')).toBe('DE');
    expect(countryOf('32.1.13.184')).toBeNull();
    expect(geo?.status().countries?.problem).toMatch(/own\.mmdb: it knows nothing of IPv4/);
  });
});

/** With one byte of it another one. */
function damaged(at: number, byte: number): Buffer {
  const copy = Buffer.from(germany);
  copy.writeUInt8(byte, at);
  return copy;
}

describe('a file that cannot be used', () => {
  const brokenTree = Buffer.from(germany);
  brokenTree.fill(0xfe, 30, 60);
  it.each([
    ['is missing', null, /there is no such file/],
    ['is empty', Buffer.alloc(0), /not a MaxMind database/],
    ['is text', 'network,country\n192.0.2.0/24,DE\n', /not a MaxMind database/],
    ['is compressed', gzipSync(germany), /compressed\. Unpack it/],
    ['is a ZIP archive', Buffer.from('PK\x03\x04 and more'), /ZIP archive/],
    [
      'lost its end',
      germany.subarray(0, germany.lastIndexOf('MaxMind.com')),
      /not a MaxMind database \(\.mmdb\), or its end is missing/,
    ],
    ['lost the end of its metadata', germany.subarray(0, -10), /damaged/],
    ['lost its beginning', germany.subarray(100), /damaged/],
    ['has another tree than data', damaged(germany.indexOf(Buffer.alloc(16)), 1), /its parts do not fit/],
    ['leads out of itself to the left', damaged(3, 0xf0), /node 0 leads out of the file/],
    ['leads out of itself to the right', damaged(3, 0x0f), /node 0 leads out of the file/],
    ['leads out of itself', brokenTree, /damaged: node \d+ leads out of the file/],
    [
      'knows no countries',
      networks,
      /knows no countries \(it is of the type "Test-ASN"\)\. Use a country or city/,
    ],
    [
      'is of the future',
      Buffer.from(germany).fill(
        3,
        germany.indexOf('major_version') + 14,
        germany.indexOf('major_version') + 17,
      ),
      /version \d+ of the format/,
    ],
  ])('because it %s is told, and the built-in one serves', async (_, content, told) => {
    const file = content === null ? join(directory, 'own.mmdb') : write('own.mmdb', content);
    const { countries } = (await open(file)).status();
    expect(countryOf('90.0.0.1')).toBe('FR');
    expect(countries).toMatchObject({ file: 'built-in', problem: expect.stringMatching(told) });
    expect(problems).toEqual([countries?.problem]);
    expect(problems[0]).toMatch(/own\.mmdb: .* The built-in one is used meanwhile\.$/);
  });

  it('because it is a directory is told', async () => {
    await open(directory);
    expect(problems).toEqual([expect.stringContaining('it is not a file. Name the .mmdb file itself.')]);
  });

  it('serves as soon as it is there', async () => {
    await open(join(directory, 'own.mmdb'));
    write('own.mmdb', germany);
    await eventually(() => countryOf('192.0.2.1') === 'DE');
    expect(geo?.status().countries?.problem).toBeNull();
    expect(changes).toBe(1);
  });
});

describe('a file that changes', () => {
  it('is read anew when another one takes its place', async () => {
    const file = write('own.mmdb', germany);
    await open(file);
    renameSync(write('new.mmdb', france), file);
    await eventually(() => countryOf('192.0.2.1') === 'FR');
    expect(changes).toBe(1);
    expect(problems).toEqual([]);
  });

  it.each([
    ['is broken', () => write('own.mmdb', germany.subarray(0, -100))],
    ['is removed', () => rmSync(join(directory, 'own.mmdb'))],
    ['turns into another kind', () => write('own.mmdb', networks)],
  ])(
    'goes on as the last good one when it %s, tells it once, and serves again when it is right',
    async (_, harm) => {
      await open(write('own.mmdb', germany));
      harm();
      await eventually(() => problems.length === 1);
      expect(problems[0]).toMatch(/The last good one is used meanwhile\.$/);
      expect(geo?.status().countries).toMatchObject({ built: expect.any(String), problem: problems[0] });
      expect(countryOf('192.0.2.1')).toBe('DE');
      expect(changes).toBe(0);
      write('own.mmdb', france);
      await eventually(() => countryOf('192.0.2.1') === 'FR');
      expect(geo?.status().countries?.problem).toBeNull();
      expect(problems).toHaveLength(1);
    },
  );

  it('is not looked at after the end', async () => {
    const closed = await open(write('own.mmdb', germany));
    await closed.close();
    write('own.mmdb', france);
    await closed.reconfigure(null, null);
    expect(countryOf('192.0.2.1')).toBe('DE');
    expect(changes).toBe(0);
  });
});

describe('an ASN database', () => {
  it.each([
    ['a number', { autonomous_system_number: 3320 }],
    ['IPinfo', { asn: 'AS3320', name: 'Deutsche Telekom AG' }],
    ['plain digits', { asn: '3320' }],
  ])('says whose network an address is in: %s', async (_, record) => {
    await open(null, write('asn.mmdb', mmdb({ '79.192.0.0/10': record, '2003::/19': record })));
    expect(placeOf('79.192.0.1')).toEqual({ country: 'DE', asn: 3320, prefix: 10 });
    expect(placeOf('2003::1')).toMatchObject({ country: 'DE', asn: 3320 });
    expect(placeOf('90.0.0.1')).toMatchObject({ country: 'FR', asn: null });
    expect(placeOf('192.168.0.1').asn).toBeNull();
  });

  it('may be the same file as that of the countries, and narrows what an answer is true for', async () => {
    const record = { country_code: 'DE', asn: 'AS3320' };
    const file = write('lite.mmdb', mmdb({ '192.0.2.0/24': record, '2001:db8::/32': record }));
    await open(write('own.mmdb', germany), file);
    expect(placeOf('2001:db8::1')).toEqual({ country: 'DE', asn: 3320, prefix: 32 });
    await geo?.reconfigure(join(directory, 'own.mmdb'), write('asn.mmdb', networks));
    expect(placeOf('2001:db8::1')).toEqual({ country: 'DE', asn: 3215, prefix: 40 });
    expect(placeOf('2001:db8:ff00::1')).toEqual({ country: 'DE', asn: null, prefix: 33 });
  });

  it('that cannot be used leaves AS numbers unknown, and is told', async () => {
    const file = write('asn.mmdb', germany);
    await open(null, file);
    expect(placeOf('79.192.0.1')).toMatchObject({ country: 'DE', asn: null });
    expect(geo?.status().asn).toEqual({ file, built: null, problem: problems[0] });
    expect(problems[0]).toMatch(
      /knows no AS numbers .* Use an ASN database\. No AS number is known meanwhile\.$/,
    );
  });
});

describe('another configuration', () => {
  it('takes other files, tells the change, and does nothing when all is as it was', async () => {
    const own = write('own.mmdb', germany);
    await open(null);
    await geo?.reconfigure(own, null);
    expect(countryOf('192.0.2.1')).toBe('DE');
    expect(changes).toBe(1);
    await geo?.reconfigure(own, null);
    expect(changes).toBe(1);
    await geo?.reconfigure(null, null);
    expect(countryOf('90.0.0.1')).toBe('FR');
    expect(changes).toBe(2);
  });

  it('with a wrong file falls back to the built-in one, as a fresh start would', async () => {
    await open(write('own.mmdb', germany));
    await geo?.reconfigure(join(directory, 'none.mmdb'), null);
    expect(countryOf('90.0.0.1')).toBe('FR');
    expect(countryOf('192.0.2.1')).toBeNull();
    expect(problems).toEqual([expect.stringMatching(/none\.mmdb: there is no such file\. The built-in/)]);
    expect(changes).toBe(1);
  });
});
