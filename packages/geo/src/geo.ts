// SPDX-License-Identifier: MIT
import { createRequire } from 'node:module';
import type { Network } from '@nftoggle/config';
import type { Place } from '@nftoggle/decision';
import type { Database } from './database.ts';
import { readKnownDatabase, type Wanted } from './database-read.ts';
import { FollowedFile, type Look } from './followed-file.ts';
import { asnOf, countryOf } from './record-fields.ts';
import { specialAddresses, specialAndExampleAddresses } from './special-addresses.ts';

export interface GeoOptions {
  /** Database files of the user's own; null for the built-in one (countries) or none (ASN). */
  readonly countries: string | null;
  readonly asn: string | null;
  /** Another database is in force: answers may differ from those before. Never called after `close`. */
  readonly onChange: () => void;
  /** What is wrong with a file, what would be right and what serves meanwhile. Once for each problem. */
  readonly onProblem: (problem: string) => void;
  /** How often the files are looked at, in milliseconds (5000). A change is taken at the second look that finds it. */
  readonly recheck?: number;
}

export interface DatabaseStatus {
  /** The file in use, or `built-in`. */
  readonly file: string;
  /** When its makers made it, as ISO 8601 text; null while nothing could be read. */
  readonly built: string | null;
  readonly problem: string | null;
}

/** Countries and networks of addresses. Answers come from memory, in some microseconds. */
export interface GeoDatabases {
  placeOf(address: Network): Place;
  status(): { readonly countries: DatabaseStatus | null; readonly asn: DatabaseStatus | null };
  /** Goes over to other files. Those before serve until the new ones are read. */
  reconfigure(countries: string | null, asn: string | null): Promise<void>;
  /** Stops looking at the files, and waits for a look that is under way. */
  close(): Promise<void>;
}

/** Never rejects for a file: the built-in database serves for one that cannot be used, and `onProblem` is told. */
export async function openGeo(options: GeoOptions): Promise<GeoDatabases> {
  const geo = new Geo(options);
  await geo.open(options.countries, options.asn);
  return geo;
}

const builtInFile = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

const countries: Wanted<string> = {
  field: countryOf,
  nowhere: specialAddresses,
  name: 'countries',
  right: 'a country or city database',
};
const builtInCountries: Wanted<string> = { ...countries, nowhere: specialAndExampleAddresses };
const asn: Wanted<number> = {
  field: asnOf,
  nowhere: specialAddresses,
  name: 'AS numbers',
  right: 'an ASN database',
};

class Geo implements GeoDatabases {
  readonly #options: GeoOptions;
  readonly #timer: NodeJS.Timeout;
  #builtIn: Database<string> | null = null;
  #countries: FollowedFile<string> | null = null;
  #asn: FollowedFile<number> | null = null;
  /** Whatever reads files waits for what does so already. */
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: GeoOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#inTurn(() => this.#look()), options.recheck ?? 5_000);
    // Whoever asks once and ends is not kept by it.
    this.#timer.unref();
  }

  placeOf(address: Network): Place {
    const ipv4 = mappedIpv4(address);
    if (ipv4 !== null) {
      const place = this.placeOf(ipv4);
      return { ...place, prefix: place.prefix + 96 };
    }
    const country = (this.#countries?.database ?? this.#builtIn)?.find(address);
    const network = this.#asn?.database?.find(address);
    return {
      country: country?.value ?? null,
      asn: network?.value ?? null,
      prefix: Math.max(country?.prefix ?? 1, network?.prefix ?? 1),
    };
  }

  status(): ReturnType<GeoDatabases['status']> {
    const own = this.#countries;
    const builtIn = { file: 'built-in', built: instantText(this.#builtIn), problem: own?.problem ?? null };
    return {
      countries: own?.database ? fileStatus(own) : builtIn,
      asn: this.#asn === null ? null : fileStatus(this.#asn),
    };
  }

  open(countriesFile: string | null, asnFile: string | null): Promise<void> {
    return this.#inTurn(async () => {
      await this.#use(countriesFile, asnFile);
    });
  }

  reconfigure(countriesFile: string | null, asnFile: string | null): Promise<void> {
    return this.#inTurn(async () => {
      if (await this.#use(countriesFile, asnFile)) this.#options.onChange();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#work;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#work.then(() => (this.#closed ? undefined : work()));
    // The next in turn has nothing to do with a failure of this one.
    this.#work = turn.catch(() => {});
    return turn;
  }

  /** Is another database in force than before? */
  async #use(countriesFile: string | null, asnFile: string | null): Promise<boolean> {
    const before = { countries: this.#countryDatabase(), asn: this.#asn?.database ?? null };
    const [newCountries, newAsn] = await Promise.all([
      this.#followed(this.#countries, countriesFile, countries, 'The built-in one is used meanwhile.'),
      this.#followed(this.#asn, asnFile, asn, 'No AS number is known meanwhile.'),
    ]);
    if (!newCountries?.database) await this.#openBuiltIn();
    this.#countries = newCountries;
    this.#asn = newAsn;
    return before.countries !== this.#countryDatabase() || before.asn !== (this.#asn?.database ?? null);
  }

  async #followed<T>(
    current: FollowedFile<T> | null,
    file: string | null,
    wanted: Wanted<T>,
    meanwhile: string,
  ): Promise<FollowedFile<T> | null> {
    if (file === null) return null;
    if (current?.file === file) return current;
    const followed = new FollowedFile(file, wanted, meanwhile);
    this.#tellProblem(await followed.open());
    return followed;
  }

  async #openBuiltIn(): Promise<void> {
    try {
      const file = createRequire(import.meta.url).resolve(builtInFile);
      this.#builtIn ??= await readKnownDatabase(file, builtInCountries);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.onProblem(`the built-in country database cannot be read, so no country is known: ${why}`);
    }
  }

  async #look(): Promise<void> {
    const looks = await Promise.all([this.#countries?.look(), this.#asn?.look()]);
    if (this.#closed) return;
    for (const look of looks) this.#tellProblem(look);
    if (looks.some((look) => look?.changed)) this.#options.onChange();
  }

  #tellProblem(look: Look | undefined): void {
    if (look?.problem) this.#options.onProblem(look.problem);
  }

  #countryDatabase(): Database<string> | null {
    return this.#countries?.database ?? this.#builtIn;
  }
}

/** An IPv4-mapped address (`::ffff:192.0.2.1`) is the IPv4 address. */
function mappedIpv4({ family, base }: Network): Network | null {
  if (family === 4 || base >> 32n !== 0xffffn) return null;
  return { family: 4, base: base & 0xffff_ffffn, prefix: 32 };
}

function fileStatus({ file, database, problem }: FollowedFile<unknown>): DatabaseStatus {
  return { file, built: instantText(database), problem };
}

function instantText(database: Database<unknown> | null): string | null {
  return database?.built.toISOString() ?? null;
}
