// SPDX-License-Identifier: MIT
import { type Config, formatProblem, type Loaded, parseConfig } from '@nftoggle/config';
import { type Decision, type Flow, nobody } from '@nftoggle/contracts';

/** A first packet from a stranger to SSH, with what a test cares about replaced. */
export function aFlow(changes: Partial<Flow> = {}): Flow {
  return {
    service: 'ssh',
    protocol: 'tcp',
    source: { address: '203.0.113.66' },
    sourcePort: 50_000,
    destination: '203.0.113.1',
    destinationPort: 22,
    interface: 'wan0',
    ...changes,
  };
}

/** Lets that stranger in for its session time, by a rule without conditions, with what a test cares about replaced. */
export function aDecision(changes: Partial<Decision> = {}): Decision {
  return {
    decision: 'allow',
    reason: 'rule_allows',
    rule: 'services.ssh.allow[0]',
    grant: null,
    until: '2025-01-15T12:00:00.000Z',
    bound: 'session_time',
    next_allowed: null,
    at_end: 'cut',
    wake: null,
    accounts: [],
    prefix: 32,
    who: nobody,
    revision: '0123456789ab',
    ...changes,
  };
}

/** A configuration and its revision from the text of a file; a wrong text fails the test with its problems. */
export function aLoaded(yamlText: string): Loaded {
  const parsed = parseConfig(yamlText, {
    file: 'nftoggle.yml',
    hostName: 'box',
    hostTimezone: 'Europe/Berlin',
  });
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return { config: parsed.config, revision: parsed.revision };
}

export function aConfig(yamlText: string): Config {
  return aLoaded(yamlText).config;
}
