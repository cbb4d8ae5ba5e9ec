// SPDX-License-Identifier: MIT
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { formatNetwork, parseAddress } from '@nftoggle/config';
import { refusedBecause } from './local-address.ts';

/** All addresses of a name, as the system knows them. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};

/** A place that hooks are not sent to. The message says which, and what would let it be. */
export class RefusedPlaceError extends Error {
  override readonly name = 'RefusedPlaceError';
}

/**
 * Resolves a name for one request, and leaves only addresses that it may go to: what is checked is what is connected
 * to, so that a name which means another address the next time (DNS rebinding) gains nothing.
 */
export function guardedLookup(allowLocal: readonly string[], resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    permitted(host, allowLocal, resolve).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        const [first = { address: '', family: 0 }] = found;
        if (options.all === true) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

async function permitted(
  host: string,
  allowLocal: readonly string[],
  resolve: Resolve,
): Promise<readonly string[]> {
  const addresses = await resolve(host);
  if (isAllowed(host, allowLocal)) return addresses;
  const good = addresses.filter((address) => refusalOf(address, allowLocal) === null);
  if (good.length > 0) return good;
  const [bad = ''] = addresses;
  throw refusal(host, bad, refusalOf(bad, allowLocal) ?? 'nothing');
}

/** A host that is an address is never looked up, so it is checked beforehand. @throws RefusedPlaceError */
export function checkLiteral(hostname: string, allowLocal: readonly string[]): void {
  const host = hostOf(hostname);
  if (isIP(host) === 0 || isAllowed(host, allowLocal)) return;
  const why = refusalOf(host, allowLocal);
  if (why !== null) throw refusal(host, host, why);
}

/** `[::1]` without its brackets. */
export function hostOf(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function refusalOf(address: string, allowLocal: readonly string[]): string | null {
  return isAllowed(address, allowLocal) ? null : refusedBecause(address);
}

/** As it is written, or as the address that it is. */
function isAllowed(host: string, allowLocal: readonly string[]): boolean {
  const address = parseAddress(host);
  return allowLocal.includes(
    address === null ? host.toLowerCase().replace(/\.$/, '') : formatNetwork(address),
  );
}

function refusal(host: string, address: string, why: string): RefusedPlaceError {
  const what = host === address ? host : `${host} is ${address}, which`;
  return new RefusedPlaceError(`${what} leads to ${why}; "allow_local: [${host}]" would permit that`);
}
