// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FollowedFile } from './followed-file.ts';
import { mmdb } from './mmdb-write.fixture.ts';
import { countryOf } from './record-fields.ts';
import { specialAddresses } from './special-addresses.ts';

const wanted = {
  field: countryOf,
  nowhere: specialAddresses,
  name: 'countries',
  right: 'a country database',
};
const inGermany = { country_code: 'DE' };
const content = mmdb({ '192.0.2.0/24': inGermany, '2001:db8::/32': inGermany });
const nothingNew = { changed: false, problem: null };

let directory: string;
let file: string;
let followed: FollowedFile<string>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-geo-'));
  file = join(directory, 'own.mmdb');
  followed = new FollowedFile(file, wanted, 'Nothing serves meanwhile.');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a followed file', () => {
  it('is left alone while somebody writes it, and read once two looks find the same', async () => {
    await followed.open();
    for (const part of [0.3, 0.6, 1]) {
      writeFileSync(file, content.subarray(0, content.length * part));
      expect(await followed.look()).toEqual(nothingNew);
    }
    expect(followed.database).toBeNull();
    expect(await followed.look()).toEqual({ changed: true, problem: null });
    expect(followed.database?.find({ family: 4, base: 0xc000_0201n, prefix: 32 }).value).toBe('DE');
    expect(await followed.look()).toEqual(nothingNew);
  });

  it('tells a problem once, however often the file is written with it', async () => {
    const first = await followed.open();
    expect(first.problem).toBe(`${file}: there is no such file. Nothing serves meanwhile.`);
    writeFileSync(file, 'one');
    await followed.look();
    expect((await followed.look()).problem).toMatch(/not a MaxMind database/);
    writeFileSync(file, 'another');
    await followed.look();
    expect(await followed.look()).toEqual(nothingNew);
    expect(followed.problem).toMatch(/not a MaxMind database/);
  });
});
