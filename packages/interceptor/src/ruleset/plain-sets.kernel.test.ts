// SPDX-License-Identifier: MIT
// What this library leaves behind, older ones have to read.
import { createLab, type Lab } from '@nftoggle/lab';
import { type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

type Kernel = typeof import('../kernel.fixture.ts');

let lab: Lab;
let inside: Inside<Kernel>;

beforeAll(async () => {
  lab = await createLab({ only: ['gateway'], nat: false });
  inside = await startInside<Kernel>(lab.host('gateway'), new URL('../kernel.fixture.ts', import.meta.url));
});
afterAll(async () => {
  await inside?.close();
  await lab?.close();
});

const script = `table inet probe {
  set named { typeof ip saddr . tcp dport; comment "kept"; }
  map led { typeof tcp dport : ip saddr; }
  chain every { tcp dport { 22, 80 } accept; }
}`;

it('a set says of which type it is, not by which expressions that was written, and keeps its comment', async () => {
  const gateway = lab.host('gateway');
  await gateway.run(['nft', script]);
  expect((await gateway.run(['nft', 'list', 'table', 'inet', 'probe'])).stdout).toContain('typeof ip saddr');
  await gateway.run(['nft', 'delete', 'table', 'inet', 'probe']);
  await inside.call.nftRun(script);
  const { stdout } = await gateway.run(['nft', 'list', 'table', 'inet', 'probe']);
  expect(stdout).not.toContain('typeof');
  expect(stdout).toContain('type ipv4_addr . inet_service');
  expect(stdout).toContain('type inet_service : ipv4_addr');
  expect(stdout).toContain('comment "kept"');
  expect(stdout).toContain('tcp dport { 22, 80 } accept');
});
