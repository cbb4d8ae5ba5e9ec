// SPDX-License-Identifier: MIT
// What we know of a session is written beside its element in the kernel, so that it outlives this process
// and so that `nft list set` tells an admin who is in, and by which rule.
import { AtEnd, Bound, MacAddress } from '@nftoggle/contracts';
import type { OpenSession } from './sessions.ts';

/** NFTNL_UDATA_COMMENT_MAXLEN without its terminator, in bytes. */
const maxComment = 127;

type Written = Pick<
  OpenSession,
  'mac' | 'interface' | 'outside' | 'since' | 'bound' | 'atEnd' | 'rule' | 'reason'
>;

/** `since=1700000000 in=eth0 reason=rule_allows bound=window_end end=keep rule=services.minecraft.allow[0]` */
export function formatComment(session: Written): string {
  const { since, mac, outside, reason, bound, atEnd, rule } = session;
  const facts = [
    `since=${Math.floor(since / 1_000)}`,
    ...(mac === null ? [] : [`mac=${mac}`]),
    ...(session.interface === '' ? [] : [`in=${session.interface}`]),
    ...(outside ? ['outside'] : []),
    `reason=${reason}`,
    `bound=${bound}`,
    `end=${atEnd}`,
  ].join(' ');
  const whole = `${facts} rule=${rule ?? '-'}`;
  // The rule of a very long name does not fit, and half of its path would be another rule's.
  return Buffer.byteLength(whole) > maxComment ? `${facts} rule=-` : whole;
}

/** Reads a comment back; what is missing or unreadable in it is unknown. */
export function parseComment(comment: string, now: number): Written {
  const fields = new Map(
    comment.split(' ').map((field) => {
      const [name = '', ...value] = field.split('=');
      return [name, value.join('=')];
    }),
  );
  const known = (name: string): string | null => {
    const value = fields.get(name) ?? '-';
    return value === '-' || value === '' ? null : value;
  };
  const since = Number(known('since') ?? Number.NaN) * 1_000;
  return {
    since: Number.isFinite(since) ? since : now,
    mac: MacAddress.safeParse(known('mac')).data ?? null,
    interface: known('in')?.slice(0, 15) ?? '',
    outside: fields.has('outside'),
    reason: known('reason') ?? 'adopted',
    // What an older version wrote has neither: its connections then go on where nobody answers, as they did.
    bound: Bound.safeParse(known('bound')).data ?? 'session_time',
    atEnd: AtEnd.safeParse(known('end')).data ?? 'cut',
    rule: known('rule'),
  };
}
