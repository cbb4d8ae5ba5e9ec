// SPDX-License-Identifier: MIT
// What we know of a session is written beside its element in the kernel, so that it outlives this process
// and so that `nft list set` tells an admin who is in, and by which rule.
import type { OpenSession } from './sessions.ts';

/** NFTNL_UDATA_COMMENT_MAXLEN without its terminator, in bytes; all that is written is ASCII. */
const maxComment = 127;

type Written = Pick<OpenSession, 'mac' | 'since' | 'rule' | 'reason'>;

/** `since=1700000000 mac=02:00:00:00:00:01 reason=rule_allows rule=services.ssh.allow[0]` */
export function formatComment({ since, mac, reason, rule }: Written): string {
  const facts = `since=${Math.floor(since / 1_000)} mac=${mac ?? '-'} reason=${reason}`;
  const whole = `${facts} rule=${rule ?? '-'}`;
  // The rule of a very long name does not fit, and half of its path would be another rule's.
  return whole.length > maxComment ? `${facts} rule=-` : whole;
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
    mac: known('mac'),
    reason: known('reason') ?? 'adopted',
    rule: known('rule'),
  };
}
