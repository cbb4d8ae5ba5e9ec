// SPDX-License-Identifier: MIT
// A new configuration may take away what an old one gave: every live session is asked about again.
import { formatNetwork } from '@nftoggle/config';
import type { Decision, Flow } from '@nftoggle/contracts';
import type { OpenSession } from './sessions.ts';

export interface ReviewOptions {
  /** Undefined when nobody answers. */
  readonly ask: (flow: Flow) => Promise<Decision | undefined>;
  /** False when the review is overtaken by a newer configuration, or by the stop. */
  readonly isCurrent: () => boolean;
  readonly end: (sessions: readonly OpenSession[]) => void;
}

/** Sessions that are ended together, because a look at all connections is needed for it. */
const batch = 64;

/** Ends every session that would be refused now. One that nobody answers about stays: it was allowed. */
export async function reviewSessions(
  sessions: readonly OpenSession[],
  { ask, isCurrent, end }: ReviewOptions,
): Promise<void> {
  for (let at = 0; at < sessions.length; at += batch) {
    const refused: OpenSession[] = [];
    for (const session of sessions.slice(at, at + batch)) {
      const decision = await ask(flowOf(session));
      if (!isCurrent()) return;
      if (decision !== undefined && !stillHolds(session, decision)) refused.push(session);
    }
    if (refused.length > 0) end(refused);
  }
}

/** A session for a prefix ends, too, when not every address of it would get the same answer any more. */
function stillHolds({ covers }: OpenSession, { decision, prefix }: Decision): boolean {
  return decision === 'allow' && prefix <= covers.prefix;
}

function flowOf(session: OpenSession): Flow {
  const [address = ''] = formatNetwork(session.covers).split('/');
  return {
    service: session.service,
    protocol: 'tcp',
    source: { address, ...(session.mac === null ? {} : { mac: session.mac }) },
    sourcePort: 0,
    destination: address,
    destinationPort: 0,
    interface: session.link ?? '',
  };
}
