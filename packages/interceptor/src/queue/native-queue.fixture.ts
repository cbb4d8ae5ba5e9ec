// SPDX-License-Identifier: MIT
import type { Remote } from '@nftoggle/testkit';
import { foreignMark, type QueueUnderTest } from './packet-queue.suite.ts';

type Kernel = Remote<typeof import('../kernel.fixture.ts')>;

/** The kernel's queue with real datagrams over loopback, for the suite. */
export async function nativeQueueUnderTest(kernel: Kernel, number: number): Promise<QueueUnderTest> {
  await kernel.bind(number, 64);
  await kernel.queueDatagrams(number, foreignMark);
  let sent = 0;
  return {
    arrive: async (ports) => {
      await kernel.sendDatagrams(ports);
      sent += ports.length;
      return kernel.packets(sent);
    },
    accept: kernel.accept,
    drop: kernel.dropPacket,
    expire: kernel.expire,
    held: kernel.held,
    close: kernel.close,
    passed: kernel.passed,
    waiting: () => waitingIn(kernel),
  };
}

/** Packets that wait in all queues of the namespace, in the kernel's own count. */
export async function waitingIn(kernel: Kernel): Promise<number> {
  return (await kernel.queues()).reduce((sum, queue) => sum + queue.waiting, 0);
}
