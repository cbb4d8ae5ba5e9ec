// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labObstacles } from './available.ts';
import { createLab, type Lab } from './lab.ts';
import { startMinecraftServer, visitMinecraft } from './minecraft.ts';

describe.skipIf(labObstacles().length > 0)('a Minecraft server', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab({ only: ['gateway', 'laptop'] });
  });
  afterAll(() => lab.close());

  it('shows itself in the server list and lets players in who are on its own, over both families', async () => {
    const [gateway, laptop] = [lab.host('gateway'), lab.host('laptop')];
    await startMinecraftServer(gateway, { port: 25_565, motd: 'Attic', players: ['Tom'] });
    for (const address of [gateway.on('lan').ipv4, gateway.on('lan').ipv6]) {
      const tom = await visitMinecraft(laptop, { address, port: 25_565, name: 'Tom' });
      expect(tom).toMatchObject({
        status: { motd: 'Attic', version: '1.21.1' },
        login: { profile: { name: 'Tom' }, refusal: null },
        problem: null,
      });
      const eve = await visitMinecraft(laptop, { address, port: 25_565, name: 'Eve' });
      expect(eve.login).toMatchObject({ profile: null, refusal: expect.stringContaining('white-listed') });
    }
  });

  it('that is not there is told as what the kernel says', async () => {
    const [gateway, laptop] = [lab.host('gateway'), lab.host('laptop')];
    const { ipv4 } = gateway.on('lan');
    const visit = await visitMinecraft(laptop, { address: ipv4, port: 25_566, name: 'Tom' });
    expect(visit).toEqual({ status: null, login: null, problem: 'ECONNREFUSED' });
  });
});
