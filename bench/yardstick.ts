// SPDX-License-Identifier: MIT
import { fileURLToPath } from 'node:url';
import type { Host } from '@nftoggle/lab';

export type QueueMechanism = 'nft_queue' | 'xt_NFQUEUE';

const queue = 7;
const addQueueRule = fileURLToPath(new URL('queue-rule-add.ts', import.meta.url));

/** Starts the C loop and sends it the first packet of every connection to `port`, and nothing else. */
export async function startYardstick(host: Host, program: string, port: number): Promise<QueueMechanism> {
  await host.loadRuleset(ruleset(port));
  const statement = ['nft', 'add', 'rule', 'inet', 'yardstick', 'ask', 'queue', 'num', String(queue)];
  const native = await host.run(statement, { allowFailure: true });
  const mechanism = native.code === 0 ? 'nft_queue' : 'xt_NFQUEUE';
  // Kernels without nft_queue have the xtables target, which only the addon can put into a rule.
  if (mechanism === 'xt_NFQUEUE')
    await host.run([process.execPath, addQueueRule, 'yardstick', 'ask', String(queue)]);
  await host.start([program, String(queue)]).waitFor(/^listening$/, 5_000);
  return mechanism;
}

/** The place and the match of nftoggle's own chain, without what decides who may ask. */
function ruleset(port: number): string {
  return `table inet yardstick {
	chain ask {
	}
	chain prerouting {
		type filter hook prerouting priority -290; policy accept;
		tcp dport ${port} tcp flags & (fin | syn | rst | ack) == syn goto ask
	}
}
`;
}

/** How many packets the kernel has handed to user space on this machine since its queues were bound. */
export async function queuedPackets(host: Host): Promise<number> {
  const { stdout } = await host.run(['cat', '/proc/self/net/netfilter/nfnetlink_queue']);
  // The eighth column is the id of the last packet (net/netfilter/nfnetlink_queue.c, seq_show).
  const ids = stdout.split('\n').map((line) => Number(line.trim().split(/\s+/)[7] ?? 0));
  return ids.reduce((sum, id) => sum + id, 0);
}
