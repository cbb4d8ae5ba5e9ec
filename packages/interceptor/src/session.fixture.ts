// SPDX-License-Identifier: MIT
import { type Network, parseNetwork } from '@nftoggle/config';
import { nobody, type SessionUse } from '@nftoggle/contracts';
import type { SessionElement, SessionSets } from './session-elements.ts';
import { formatAddress } from './session-place.ts';
import type { OpenSession } from './sessions.ts';

export function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === null) throw new TypeError(`${text} is no network`);
  return parsed;
}

/** A session of SSH that ends a minute after the epoch, with what a test cares about replaced. */
export function aSession(changes: Partial<OpenSession> = {}): OpenSession {
  const covers = changes.covers ?? network('203.0.113.7');
  return {
    id: '000000aaaaaa',
    service: 'ssh',
    covers,
    link: null,
    interface: '',
    address: formatAddress(covers),
    mac: null,
    outside: false,
    who: nobody,
    since: 0,
    began: changes.since ?? 0,
    until: 60_000,
    bound: 'session_time',
    atEnd: 'cut',
    accounts: [],
    rule: 'services.ssh.allow[0]',
    reason: 'rule_allows',
    ...changes,
  };
}

/** A session that nothing was done with yet. */
export const unused: SessionUse = {
  connections: 0,
  active: 0,
  from_source: { packets: 0, bytes: 0 },
  to_source: { packets: 0, bytes: 0 },
};

/** Sets without a kernel. `refuse` makes them throw, as a full set does. */
export class FakeSets implements SessionSets {
  readonly elements = new Map<string, SessionElement>();
  refuse = false;
  /** So many elements fit, all in all. */
  room = Number.POSITIVE_INFINITY;
  largestPut = 0;

  put(elements: readonly SessionElement[]): void {
    if (this.refuse || this.elements.size + elements.length > this.room)
      throw Object.assign(new Error('add a session element: Too many open files in system'), {
        code: 'ENFILE',
      });
    this.largestPut = Math.max(this.largestPut, elements.length);
    for (const element of elements) this.elements.set(elementKey(element), element);
  }

  remove(elements: readonly Omit<SessionElement, 'timeout'>[]): void {
    for (const element of elements) this.elements.delete(elementKey(element));
  }

  /** `v4_ssh 203.0.113.7` for each element. */
  get names(): string[] {
    return [...this.elements.keys()].sort();
  }
}

function elementKey({ set, key }: Pick<SessionElement, 'set' | 'key'>): string {
  return `${set} ${Buffer.from(key).toString('hex')}`;
}
