// SPDX-License-Identifier: MIT
import { readFile, stat } from 'node:fs/promises';
import { Reader, type Response } from 'maxmind';
import type { AddressBlocks } from './address-blocks.ts';
import { Database, recordCache } from './database.ts';
import { SearchTree } from './search-tree.ts';

/** What is wanted of a file. */
export interface Wanted<T> {
  readonly field: (record: unknown) => T | null;
  readonly nowhere: AddressBlocks;
  /** Such as `countries`. */
  readonly name: string;
  /** Such as `a country or city database`. */
  readonly right: string;
}

export type DatabaseRead<T> =
  /** `gap`: what the database is good for all the same, but cannot answer. */
  | { readonly ok: true; readonly database: Database<T>; readonly gap: string | null }
  | { readonly ok: false; readonly problem: string };

/** More than any database has; reading it must not exhaust the machine. */
const largestFile = 1024 ** 3;
const metadataMarker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
/** The metadata begins within so many bytes of the end of the file, by the format. */
const metadataReach = 128 * 1024;

/** Reads a database into memory. Anything that is wrong with it is a problem, told for people. */
export async function readDatabase<T>(file: string, wanted: Wanted<T>): Promise<DatabaseRead<T>> {
  try {
    const { size, isFile } = await fileFacts(file);
    if (!isFile) return refused('it is not a file. Name the .mmdb file itself.');
    if (size > largestFile) return refused('it has more than 1 GiB, which no database of countries has.');
    return await openDatabase(await readFile(file), wanted);
  } catch (error) {
    return refused(fileFault(error));
  }
}

/** The same for a file that is known to be right, without the checks that take time. */
export async function readKnownDatabase<T>(file: string, wanted: Wanted<T>): Promise<Database<T>> {
  return new Database(readerOf(await readFile(file)), wanted.field, wanted.nowhere);
}

async function openDatabase<T>(content: Buffer, wanted: Wanted<T>): Promise<DatabaseRead<T>> {
  const fault = contentFault(content);
  if (fault !== null) return refused(fault);
  try {
    const reader = readerOf(content);
    const formFault = metadataFault(reader.metadata);
    if (formFault !== null) return refused(formFault);
    const tree = new SearchTree(content, reader.metadata);
    const treeFault = await tree.fault();
    if (treeFault !== null) return refused(`it is damaged: ${treeFault}. Fetch it again.`);
    return judge(new Database(reader, wanted.field, wanted.nowhere), tree, reader.metadata, wanted);
  } catch (error) {
    return refused(`it is damaged: ${error instanceof Error ? error.message : error}. Fetch it again.`);
  }
}

function judge<T>(
  database: Database<T>,
  tree: SearchTree,
  { databaseType }: { readonly databaseType: string },
  { name, right }: Wanted<T>,
): DatabaseRead<T> {
  const [v4, v6] = ([4, 6] as const).map((family) => answersAny(database, tree, family));
  if (!v4 && !v6) return refused(`it knows no ${name} (it is of the type "${databaseType}"). Use ${right}.`);
  if (v4 && v6) return { ok: true, database, gap: null };
  const missing = v4 ? 'IPv6' : 'IPv4';
  const gap = `it knows nothing of ${missing}, so every ${missing} address is unknown. Use a file of both families.`;
  return { ok: true, database, gap };
}

function answersAny<T>(database: Database<T>, tree: SearchTree, family: 4 | 6): boolean {
  for (const address of tree.leaves(family)) if (database.find(address).value !== null) return true;
  return false;
}

function readerOf(content: Buffer): Reader<Response> {
  return new Reader<Response>(content, { cache: recordCache() });
}

function contentFault(content: Buffer): string | null {
  if (content[0] === 0x1f && content[1] === 0x8b)
    return 'it is compressed. Unpack it (gunzip; tar -xzf for a .tar.gz) and name the .mmdb file in it.';
  if (content.subarray(0, 4).equals(Buffer.from('PK\x03\x04')))
    return 'it is a ZIP archive. Unpack it and name the .mmdb file in it.';
  if (content.subarray(-metadataReach).lastIndexOf(metadataMarker) < 0)
    return 'it is not a MaxMind database (.mmdb), or its end is missing.';
  return null;
}

function metadataFault(metadata: Reader<Response>['metadata']): string | null {
  const { binaryFormatMajorVersion: version, ipVersion, nodeCount, buildEpoch } = metadata;
  if (version !== 2)
    return `it is of version ${version} of the format, which is not known here. Use version 2.`;
  const sane = (ipVersion === 4 || ipVersion === 6) && Number.isInteger(nodeCount) && nodeCount > 0;
  if (!sane || Number.isNaN(buildEpoch.getTime())) return 'it is damaged: it does not say what it holds.';
  return null;
}

async function fileFacts(file: string): Promise<{ readonly size: number; readonly isFile: boolean }> {
  const facts = await stat(file);
  return { size: facts.size, isFile: facts.isFile() };
}

function fileFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file.';
  if (code === 'EACCES' || code === 'EPERM') return `it may not be read by this process (${code}).`;
  return `it cannot be read: ${message}.`;
}

function refused(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
