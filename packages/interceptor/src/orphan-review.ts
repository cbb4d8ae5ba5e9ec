// SPDX-License-Identifier: MIT
// Connections that their service left behind get another one, if that lets their source in.
import { familyBits, type Network, parseAddress } from '@nftoggle/config';
import type { Decision, Flow } from '@nftoggle/contracts';
import type { Neighbour } from './neighbours.ts';
import type { Orphan } from './orphans.ts';
import type { OpenSession } from './sessions.ts';

export interface OrphanReviewOptions {
  /** Undefined when nobody answers. */
  readonly ask: (flow: Flow) => Promise<Decision | undefined>;
  /** False when the review is overtaken by a newer configuration, or by the stop. */
  readonly isCurrent: () => boolean;
  /** Sessions of those who opened the connections: they tell hardware address and link. */
  readonly sessions: readonly OpenSession[];
  /** Whom the kernel knows on a link of ours by that address. */
  readonly neighbourOf: (address: Network) => Neighbour | undefined;
  /** Where the interface is not known: may the source be on the provider's side? */
  readonly mayBeOutside: (address: Network) => boolean;
  readonly release: (orphan: Orphan) => void;
  readonly adopt: (orphan: Orphan, flow: Flow, decision: Decision) => void;
  readonly end: (orphan: Orphan) => void;
}

/**
 * Connections whose port nobody guards any more are released. The others are adopted by the service that
 * guards it, if that allows their source, and ended if it does not; where it may be one of several, all of
 * them have to allow it. One that nobody answers about is left for the next time.
 */
export async function reviewOrphans(orphans: readonly Orphan[], options: OrphanReviewOptions): Promise<void> {
  const ask = askOnce(options.ask);
  for (const orphan of orphans) if (orphan.guardians.length === 0) options.release(orphan);
  for (const orphan of orphans.filter(({ guardians }) => guardians.length > 0)) {
    const flows = questions(orphan, options);
    const answers = await Promise.all(flows.map(async (flow) => ({ flow, decision: await ask(flow) })));
    if (!options.isCurrent()) return;
    act(orphan, answers, options);
  }
}

interface Answer {
  readonly flow: Flow;
  readonly decision: Decision | undefined;
}

function act(orphan: Orphan, answers: readonly Answer[], { adopt, end }: OrphanReviewOptions): void {
  if (answers.some(({ decision }) => decision?.decision === 'deny')) end(orphan);
  else if (answers.every(({ decision }) => decision !== undefined)) {
    const [{ flow, decision } = {}] = answers;
    if (flow !== undefined && decision !== undefined) adopt(orphan, flow, decision);
  }
}

/** A source has many connections and gets one answer. */
function askOnce(ask: OrphanReviewOptions['ask']): OrphanReviewOptions['ask'] {
  const answers = new Map<string, Promise<Decision | undefined>>();
  return (flow) => {
    const key = `${flow.service} ${flow.source.address}`;
    const answer = answers.get(key) ?? ask(flow);
    answers.set(key, answer);
    return answer;
  };
}

function questions(
  { flow, asked, guardians }: Orphan,
  {
    sessions,
    neighbourOf,
    mayBeOutside,
  }: Pick<OrphanReviewOptions, 'sessions' | 'neighbourOf' | 'mayBeOutside'>,
): Flow[] {
  const known = sessions.find(
    ({ covers }) => covers.prefix === familyBits[covers.family] && isSame(covers, asked.source),
  );
  const address = parseAddress(asked.source);
  const isOutside = known?.outside ?? (address !== null && mayBeOutside(address));
  const near = known === undefined && address !== null ? neighbourOf(address) : undefined;
  const mac = known === undefined ? near?.mac : (known.mac ?? undefined);
  return guardians.map(({ name }) => ({
    service: name,
    protocol: flow.protocol,
    source: {
      address: asked.source,
      ...(mac === undefined ? {} : { mac }),
      ...(isOutside ? { outside: true as const } : {}),
    },
    sourcePort: asked.sourcePort,
    destination: asked.destination,
    destinationPort: asked.destinationPort,
    interface: known?.link ?? known?.interface ?? near?.interface ?? '',
  }));
}

function isSame({ family, base }: OpenSession['covers'], address: string): boolean {
  const other = parseAddress(address);
  return other?.family === family && other.base === base;
}
