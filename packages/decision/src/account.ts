// SPDX-License-Identifier: MIT
// Accounts: what the use of services is charged to, and the limits that rules and people set to them.
import { createHash } from 'node:crypto';
import type { Allowance } from '@nftoggle/config';
import type { AccountId, Id } from '@nftoggle/contracts';
import type { WindowCalendar } from './window-calendar.ts';

/** One limit on one account. Rules that name the same source share the account, each with a limit of its own. */
export interface Budget {
  readonly account: AccountId;
  /** Whose it is, for people; null where it is that of the source which the rule names. */
  readonly person: Id | null;
  readonly allowance: Allowance;
  readonly uncharged: WindowCalendar | null;
}

export interface CompiledAccount {
  readonly account: AccountId;
  /** The name of the person, device or group, or the source as the rule names it. */
  readonly who: string;
  /** The service that it is for; null for a person's, which is for several. */
  readonly service: Id | null;
  /** The services that count toward it. */
  readonly services: readonly Id[];
  /** One for each rule that limits it; a person's has one. */
  readonly allowances: readonly Pick<Budget, 'allowance' | 'uncharged'>[];
}

export function personAccount(person: Id): AccountId {
  return `person.${accountWord(person)}`;
}

/** `source`: an entry of a rule's `from`, as the configuration names it. */
export function serviceAccount(service: Id, source: string): AccountId {
  return `service.${accountWord(service)}.${accountWord(source)}`;
}

/** Longer words are named by their digest: the key has to keep to 512 characters. */
const longestWord = 400;

/** Other bytes as `=2E`: different texts give different words, and none of them holds a dot. */
function accountWord(text: string): string {
  const word = [...Buffer.from(text)].map(byteWord).join('');
  if (word.length <= longestWord) return word;
  return `==${createHash('sha256').update(text).digest('hex')}`;
}

function byteWord(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[a-zA-Z0-9_-]/.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Each account once, with every limit on it, in the order in which they were found. */
export function mergeAccounts(found: readonly CompiledAccount[]): ReadonlyMap<AccountId, CompiledAccount> {
  const accounts = new Map<AccountId, CompiledAccount>();
  for (const account of found) {
    const known = accounts.get(account.account);
    const allowances = [...(known?.allowances ?? []), ...account.allowances];
    accounts.set(account.account, { ...account, allowances });
  }
  return accounts;
}
