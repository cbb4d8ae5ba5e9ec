// SPDX-License-Identifier: MIT
// The end of a session, as a kernel and the one who is connected see it.
import {
  connect,
  createLab,
  type HeldConnection,
  type Host,
  holdConnection,
  type Lab,
  labObstacles,
  startTcpPush,
} from '@nftoggle/lab';
import { eventually, type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

type Kernel = typeof import('./session-life.kernel.fixture.ts');

const rule = 'services.ssh.allow[0]';
const outside = { decision: 'deny', reason: 'outside_window', rule } as const;
const leo = 'person.leo';

describe.skipIf(labObstacles().length > 0).each(['ipv4', 'ipv6'] as const)(
  'in a real kernel, over %s, a connection',
  (family) => {
    let lab: Lab;
    let inside: Inside<Kernel>;
    let kernel: Inside<Kernel>['call'];
    let gateway: Host;
    let scanner: Host;
    const held: HeldConnection[] = [];

    beforeAll(async () => {
      lab = await createLab({ only: ['gateway', 'scanner'], nat: false });
      [gateway, scanner] = [lab.host('gateway'), lab.host('scanner')];
      await startTcpPush(gateway, { port: [22] });
    });
    beforeEach(async () => {
      const module = new URL('./session-life.kernel.fixture.ts', import.meta.url);
      inside = await startInside<Kernel>(gateway, module);
      kernel = inside.call;
    });
    afterEach(async () => {
      await Promise.all(held.splice(0).map((connection) => connection.stop()));
      await inside.close();
      await gateway.run(['nft', 'flush', 'ruleset']);
      await gateway.run(['conntrack', '-F']);
    });
    afterAll(async () => lab?.close());

    const hold = async (): Promise<HeldConnection> => {
      const connection = await holdConnection(scanner, { address: gateway[family], port: 22 });
      held.push(connection);
      return connection;
    };
    const goesOn = async (connection: HeldConnection): Promise<void> => {
      expect(await connection.waitForBytes(10, 5_000)).toBe(true);
    };
    /** What is under way may still arrive. */
    const falls = async (connection: HeldConnection): Promise<void> => {
      await eventually(async () => !(await connection.waitForBytes(1, 500)));
    };
    const gate = async (): Promise<boolean> =>
      (await connect(scanner, { address: gateway[family], port: 22, timeoutMs: 300 })).connected;
    const events = async () => (await kernel.log()).events.filter(({ type }) => type !== 'session_started');

    it('goes on without a gap where policy gives its session more time', async () => {
      await kernel.begin();
      await kernel.say({ bound: 'session_time' }, 60);
      await kernel.letIn(scanner[family], 1_500, { bound: 'window_end' });
      const connection = await hold();
      await eventually(async () => (await kernel.log()).asked.length === 1);
      await goesOn(connection);
      expect(await gate(), 'a new one is let in').toBe(true);
      expect(await kernel.sessions()).toMatchObject([{ bound: 'session_time' }]);
      expect(await events()).toEqual([]);
    });

    it('is cut when its time is over and policy denies, never early and within two seconds', async () => {
      await kernel.begin();
      await kernel.say({ ...outside, at_end: 'cut' });
      const end = await kernel.letIn(scanner[family], 1_500, { bound: 'window_end' });
      const connection = await hold();
      await goesOn(connection);
      await eventually(async () => (await events()).length === 1);
      const [ended] = await events();
      expect(ended).toMatchObject({
        type: 'session_ended',
        data: { reason: 'window_end', cut: 1 },
      });
      expect((ended?.at ?? 0) - end).toBeGreaterThanOrEqual(-5);
      expect((ended?.at ?? 0) - end).toBeLessThan(2_000);
      await falls(connection);
      expect(await gate()).toBe(false);
    });

    it('is cut when nobody answers and a window is over', async () => {
      await kernel.begin();
      await kernel.say(null);
      await kernel.letIn(scanner[family], 1_500, { bound: 'window_end' });
      const connection = await hold();
      await eventually(async () => (await events()).length === 1);
      await falls(connection);
    });

    it('goes on, and no new one does, where its rule keeps it', async () => {
      await kernel.begin();
      await kernel.say({ ...outside, at_end: 'keep' });
      await kernel.letIn(scanner[family], 1_500, { bound: 'window_end' });
      const connection = await hold();
      await eventually(async () => (await events()).length === 1);
      expect(await gate()).toBe(false);
      await goesOn(connection);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await goesOn(connection);
      expect((await kernel.log()).asked).toHaveLength(1);
    });

    it('that both sides closed is no use of its session any more, though conntrack remembers it', async () => {
      await kernel.begin();
      await kernel.letIn(scanner[family], 1_500, { bound: 'window_end' });
      await (await hold()).stop();
      const listed = async () => (await gateway.run(['conntrack', '-L', '-f', family, '-p', 'tcp'])).stdout;
      await eventually(async () => (await listed()).includes('TIME_WAIT'));
      await eventually(async () => (await events()).length === 1);
      expect(await events()).toMatchObject([{ data: { reason: 'window_end', cut: 0 } }]);
      expect((await kernel.log()).asked).toEqual([]);
    });

    it('is measured by its traffic: a stream is use, silence is none', async () => {
      await kernel.begin();
      expect(await kernel.accounting()).toBeNull();
      await kernel.letIn(scanner[family], 60_000, { bound: 'allowance', accounts: [leo] });
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect((await kernel.log()).charges).toEqual([]);
      const connection = await hold();
      const begin = Date.now();
      await eventually(async () => Date.now() - begin > 3_000);
      await kernel.stop();
      const { charges } = await kernel.log();
      await goesOn(connection);
      const seconds = charges.flatMap((request) => request.charges).map((charge) => charge.seconds);
      const sum = seconds.reduce((total, each) => total + each, 0);
      // The part of a tick in which it began may have been too little to tell.
      expect(sum).toBeGreaterThan(2);
      expect(sum).toBeLessThan(5);
      expect(charges.map(({ sequence }) => sequence)).toEqual(charges.map((_, i) => i + 1));
    });

    it('whose session ended while nobody was there is looked at by the next life', async () => {
      await kernel.begin();
      await kernel.letIn(scanner[family], 1_200, { bound: 'window_end' });
      const [kept, cut] = [await hold(), await hold()];
      await kernel.stop();
      await gateway.run(['sleep', '1.5']);
      await kernel.begin();
      expect(await kernel.sessions()).toEqual([]);
      await kernel.say({ ...outside, at_end: 'keep' });
      await kernel.review();
      await eventually(async () => (await kernel.log()).asked.length === 1);
      await goesOn(kept);
      await kernel.say({ decision: 'deny', reason: 'no_rule', rule: null });
      await kernel.review();
      await Promise.all([falls(kept), falls(cut)]);
    });

    it('is ended by the next life as it would have been by this one', async () => {
      await kernel.begin();
      await kernel.letIn(scanner[family], 2_500, {
        bound: 'grant_end',
        atEnd: 'keep',
        mac: '02:00:00:00:00:01',
      });
      const connection = await hold();
      await kernel.stop();
      await kernel.say(null);
      await kernel.begin();
      expect(await kernel.sessions()).toMatchObject([{ bound: 'grant_end', atEnd: 'keep' }]);
      await eventually(async () => (await events()).length === 1);
      expect(await events()).toMatchObject([{ data: { reason: 'grant_ended', cut: 0 } }]);
      await goesOn(connection);
      expect(await gate()).toBe(false);
    });

    it('from before the guard is nobody to ask about', async () => {
      const connection = await hold();
      await kernel.begin();
      await kernel.say({ decision: 'deny', reason: 'no_rule', rule: null });
      await kernel.review();
      await goesOn(connection);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await goesOn(connection);
      expect((await kernel.log()).asked).toEqual([]);
    });
  },
);
