// SPDX-License-Identifier: MIT
// A new configuration may take away what an old one gave: every live session is asked about again.
import { formatNetwork } from '@nftoggle/config';
import type { Decision, Flow } from '@nftoggle/contracts';
import type { OpenSession } from './sessions.ts';

/** How often a session is asked about while policy still runs the revision before, and how long between. */
const attempts = 50;
const pause = 100;

export interface ReviewOptions {
  readonly decide: (flow: Flow) => Promise<Decision>;
  /** The revision whose word counts. */
  readonly revision: () => string;
  readonly end: (session: OpenSession) => void;
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

/**
 * Ends every session that the configuration in force would refuse now. A session that nobody answers about
 * stays: it was allowed, and it ends by its own time.
 */
export async function reviewSessions(
  sessions: readonly OpenSession[],
  options: ReviewOptions,
): Promise<void> {
  for (const session of sessions) {
    const decision = await decideAnew(flowOf(session), options);
    if (decision !== undefined && !stillHolds(session, decision)) options.end(session);
  }
}

/** A session for a prefix ends, too, when not every address of it would get the same answer any more. */
function stillHolds({ covers }: OpenSession, { decision, prefix }: Decision): boolean {
  return decision === 'allow' && prefix <= covers.prefix;
}

async function decideAnew(flow: Flow, options: ReviewOptions): Promise<Decision | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const decision = await options.decide(flow).catch(() => undefined);
    if (decision?.revision === options.revision()) return decision;
    await options.wait(pause);
  }
  return undefined;
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
