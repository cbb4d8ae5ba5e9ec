// SPDX-License-Identifier: MIT
import { eventually } from '@nftoggle/testkit';
import { expect, it } from 'vitest';
import { startDns } from './dns-server.fixture.ts';
import { NameLookup } from './name-lookup.ts';

it('a lookup that nobody waits for any more fails at once, however patient it was', async () => {
  const dns = await startDns();
  try {
    dns.hold();
    const lookup = new NameLookup({ servers: () => [dns.address], timeout: 3_600_000, tries: 4 });
    const answers = lookup.ask('tom.dyn.example');
    await eventually(() => dns.held() === 2);
    lookup.cancel();
    expect(await answers).toMatchObject({ 4: { kind: 'failed' }, 6: { kind: 'failed' } });
  } finally {
    await dns.stop();
  }
});
