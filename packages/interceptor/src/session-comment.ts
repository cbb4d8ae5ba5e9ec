// SPDX-License-Identifier: MIT
// What we know of a session is written beside its element in the kernel, so that it outlives this process
// and so that `nft list set` tells an admin who is in, and by which rule.
import { AtEnd, Bound, MacAddress, type SessionId } from '@nftoggle/contracts';
import { beginningOf, isSessionId } from './session-id.ts';
import type { OpenSession } from './sessions.ts';

/** NFTNL_UDATA_COMMENT_MAXLEN without its terminator, in bytes. */
const maxComment = 127;

type Written = Pick<
  OpenSession,
  'mac' | 'interface' | 'outside' | 'since' | 'bound' | 'atEnd' | 'rule' | 'reason'
> & {
  /** Null where an older version wrote the comment, or somebody else. */
  readonly id: SessionId | null;
};

/**
 * `id=s44we8k3x90a reason=rule_allows bound=window_end end=keep rule=services.minecraft.allow[0] since=1700000000`.
 * Not all of it may fit. The rule of a very long name does not, and half of its path would be another rule's; the
 * beginning is for people, since the id has it, too.
 */
export function formatComment(session: Written): string {
  const { id, since, mac, outside, reason, bound, atEnd, rule } = session;
  const facts = [
    ...(id === null ? [] : [`id=${id}`]),
    ...(mac === null ? [] : [`mac=${mac}`]),
    ...(session.interface === '' ? [] : [`in=${session.interface}`]),
    ...(outside ? ['outside'] : []),
    `reason=${reason}`,
    `bound=${bound}`,
    `end=${atEnd}`,
  ];
  const welcome = [...(rule === null ? [] : [`rule=${rule}`]), `since=${Math.floor(since / 1_000)}`];
  return welcome.reduce((comment, fact) => withRoom(comment, fact), facts.join(' '));
}

function withRoom(comment: string, fact: string): string {
  const longer = `${comment} ${fact}`;
  return Buffer.byteLength(longer) > maxComment ? comment : longer;
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
  const written = known('id');
  const id = isSessionId(written) ? written : null;
  const since = Number(known('since') ?? Number.NaN) * 1_000;
  return {
    id,
    since: [since, id === null ? Number.NaN : beginningOf(id)].find(isMoment) ?? now,
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

/** Is it one that an event may have? Its id has room for so many milliseconds (RFC 9562, section 5.7). */
function isMoment(milliseconds: number): boolean {
  return milliseconds >= 0 && milliseconds < 2 ** 48;
}
