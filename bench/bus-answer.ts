// SPDX-License-Identifier: MIT
// Answers every question about a flow with the same decision.
//   bus-answer.ts URL SEED
import { Bus } from '@nftoggle/bus';
import { nobody } from '@nftoggle/contracts';

const [url = '', seed = ''] = process.argv.slice(2);
const bus = new Bus({ url, seed, node: 'bench', daemon: 'policy' });
bus.serve('decide', () => ({
  decision: 'allow',
  reason: 'rule_allows',
  rule: 'services.bench.allow[0]',
  grant: null,
  until: new Date(Date.now() + 3_600_000).toISOString(),
  bound: 'session_time',
  next_allowed: null,
  at_end: 'cut',
  wake: null,
  accounts: [],
  prefix: 32,
  who: nobody,
  revision: '0123456789ab',
}));
await bus.ready;
console.log('ready');
