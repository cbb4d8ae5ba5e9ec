// SPDX-License-Identifier: MIT
// Makes a chain hold the xtables target NFQUEUE, in the network namespace it is run in.
//   queue-rule-add.ts TABLE CHAIN QUEUE
import { createRequire } from 'node:module';

interface Addon {
  readonly NftMessages: new () => {
    setQueueRule(table: string, chain: string, queue: number): void;
  };
}

const [table = '', chain = '', queue = ''] = process.argv.slice(2);
const addon = new URL('../packages/interceptor/native/build/nftoggle.node', import.meta.url);
const { NftMessages } = createRequire(import.meta.url)(addon.pathname) as Addon;
new NftMessages().setQueueRule(table, chain, Number(queue));
