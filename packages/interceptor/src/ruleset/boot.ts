// SPDX-License-Identifier: MIT
// What shuts the guarded ports from early boot on, before there is anybody to ask: our table without queues and
// without sessions, for the command `nft` to load.

import { Dispatch, type IndexedService, matchesOf } from './dispatch.ts';
import { forwardingChains } from './forwarding.ts';
import { bootChain, countedThings, counterOf, gateChain, openChain, table } from './names.ts';
import {
  type Chain,
  cutSets,
  formatRuleset,
  forwardBase,
  gateBase,
  indexed,
  letInChain,
  outgoingBase,
  plausibleChain,
  type Ruleset,
  type RulesetInput,
} from './render.ts';

/** There is no queue in it. */
export type BootInput = Omit<RulesetInput, 'queue'>;

/**
 * The guard's own gate, by the same chains, so that an interceptor turns it into the whole guard in place. A service
 * whose fallback is `allow` is open, as it is when nobody answers; its connections get its mark, and so go on when
 * the whole guard comes. Null where nothing is to be shut.
 */
export function renderBoot(input: BootInput): Ruleset | null {
  const { config, marks } = input;
  const services = indexed(input);
  if (config.mode === 'watch' || services.every(isOpen)) return null;
  const dispatch = new Dispatch(services, input);
  return {
    // What is dropped meanwhile is counted, and the interceptor tells of it.
    counters: services.flatMap((service) =>
      countedThings.filter((what) => what !== 'asked').map((what) => counterOf(what, service)),
    ),
    sets: cutSets,
    chains: [
      { name: bootChain, rules: [] },
      ...(services.some(isOpen) ? [plausibleChain(config.lan)] : []),
      ...services.flatMap((service) => serviceChains(service, input)),
      ...dispatch.chains('gate', gateChain),
      gateBase(dispatch, marks),
      outgoingBase(dispatch, marks),
      forwardBase(dispatch, marks),
      ...forwardingChains(services.filter(isOpen), config, marks),
    ],
  };
}

/**
 * The whole script for `nft -f`. It refuses where our table is already: a guard that lives knows more than this.
 */
export function formatBoot(ruleset: Ruleset): string {
  return `${heading}create table inet ${table}\n${formatRuleset(ruleset)}`;
}

const heading = `# Written by nftoggle, which replaces it at each change of what it guards. Loaded at boot, before the network is
# up, it shuts the guarded ports until the interceptor runs. \`nftoggle panic\` opens them.
`;

function isOpen({ fallback }: IndexedService): boolean {
  return fallback === 'allow';
}

function serviceChains(service: IndexedService, input: BootInput): Chain[] {
  const entered = `counter name "${counterOf('entered', service)}"`;
  const gate = (...rules: readonly string[]): Chain => ({
    name: gateChain(service),
    rules: [entered, ...rules, 'counter drop'],
  });
  if (!isOpen(service)) return [gate()];
  // Only what somebody would be asked about: no broadcast, nor what `forward` leads nowhere.
  const asked = matchesOf(service, input, 'ask').map((match) => `${match} goto ${openChain(service)}`);
  return [letInChain(service, input.marks), gate('jump plausible', ...asked)];
}
