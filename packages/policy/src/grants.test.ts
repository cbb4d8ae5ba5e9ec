// SPDX-License-Identifier: MIT
import { NoAnswerError } from '@nftoggle/bus';
import type { Grant, GrantIssued, GrantIssueRequest, GrantList } from '@nftoggle/contracts';
import { compilePolicy, emptyWorld, grantOverrides } from '@nftoggle/decision';
import { aLoaded, eventually } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GrantBook } from './grant-book.ts';
import { GrantSweep } from './grant-sweep.ts';
import { Grants, maxGrants } from './grants.ts';
import { MemoryStore } from './memory-store.fixture.ts';
import { PermissionNews } from './news.ts';
import { Published } from './published.fixture.ts';

const loaded = aLoaded(`
version: 1
timezone: Europe/Berlin
devices:
  console: { mac: 02:00:00:00:01:40 }
people:
  leo: { role: child, devices: [console] }
groups:
  friends: [203.0.113.7]
services:
  play:
    ports: [3478/udp]
    direction: out
    deny: [203.0.113.9]
    allow:
      - { from: leo, windows: [sat-sun 10:00-12:00] }
  ssh: { ports: [22/tcp], allow: [lan] }
`);
const policy = compilePolicy(loaded);
/** A Wednesday in winter: 19:00 in Berlin. */
const evening = Date.parse('2026-01-14T18:00:00Z');
const hour = 3_600;

let store: MemoryStore<Grant>;
let heard: Published;
let now: number;
let sweeps: GrantSweep[];
let isTrusted: boolean;
let looks: number;

function aReplica() {
  const ends = { store, publish: heard.publish, now: () => now };
  const book = new GrantBook({ ...ends, news: new PermissionNews(heard.publish) });
  const grants = new Grants({
    ...ends,
    book,
    policy: () => policy,
    config: () => loaded.config,
    remarks: ({ service, source }) => {
      const { overrides, notes } = grantOverrides(policy, emptyWorld, service, source, now);
      return { overrides, notes: [...notes] };
    },
  });
  const sweep = () =>
    sweeps.push(
      new GrantSweep({
        ...ends,
        book,
        isTrusted: () => {
          looks += 1;
          return isTrusted;
        },
      }),
    );
  return { book, grants, sweep };
}

let book: GrantBook;
let grants: Grants;

beforeEach(() => {
  store = new MemoryStore();
  heard = new Published();
  now = evening;
  sweeps = [];
  isTrusted = true;
  looks = 0;
  ({ book, grants } = aReplica());
});
afterEach(async () => {
  for (const sweep of sweeps) await sweep.close();
});

const request = (changes: Partial<GrantIssueRequest> = {}): GrantIssueRequest => ({
  service: 'play',
  source: 'leo',
  seconds: hour,
  by: 'ada',
  ...changes,
});

async function issue(changes: Partial<GrantIssueRequest> = {}, on = grants): Promise<GrantIssued> {
  const reply = await on.issue(request(changes));
  if ('error' in reply) throw new Error(reply.message);
  return reply;
}

const open = () => (grants.list() as GrantList).grants;
const at = (time: string) => `2026-01-14T${time}:00.000Z`;

describe('issuing a grant', () => {
  it('opens it until then, and says what it overrides', async () => {
    const issued = await issue({ why: 'school holidays' });
    const { grant } = issued;
    expect(issued).toMatchObject({ extended: false, overrides: 'services.play.allow[0]' });
    expect(grant).toMatchObject({ service: 'play', source: 'leo', by: 'ada', why: 'school holidays' });
    expect([grant.issued, grant.until]).toEqual([at('18:00'), at('19:00')]);
    expect(grant.id).toMatch(/^[a-z0-9]{8}$/);
    expect(open()).toEqual([grant]);
    expect(book.of('play')).toEqual([grant]);
    expect(heard.of('grant_issued')).toEqual([{ grant, by: 'ada' }]);
  });

  it('understands an end as people say it', async () => {
    const { grant } = await issue({ seconds: undefined, until: '20:30' });
    expect(grant.until).toBe(at('19:30'));
  });

  it('gives the one that is open for the same source another end', async () => {
    const { grant } = await issue({ service: 'ssh', source: '203.0.113.7/32', why: 'support' });
    const again = await issue({ service: 'ssh', source: '203.0.113.7', seconds: 2 * hour, by: 'bob' });
    expect(again).toMatchObject({ extended: true, grant: { ...grant, until: at('20:00') } });
    expect(open()).toEqual([again.grant]);
    expect(heard.types).toEqual(['grant_issued', 'grant_extended']);
    expect(heard.of('grant_extended')).toEqual([{ grant: again.grant, by: 'bob' }]);
  });

  it('gives it another reason, too, where one is told', async () => {
    await issue({ why: 'homework done' });
    expect(await issue({ why: 'and dishes' })).toMatchObject({
      extended: true,
      grant: { why: 'and dishes' },
    });
    expect(await issue()).toMatchObject({ extended: true, grant: { why: 'and dishes' } });
  });

  it('leaves one grant where two replicas issue it at once', async () => {
    const other = aReplica();
    const replies = await Promise.all([issue(), issue({ seconds: 2 * hour }, other.grants)]);
    expect(replies.map(({ extended }) => extended).sort()).toEqual([false, true]);
    expect(open()).toHaveLength(1);
    expect([...heard.types].sort()).toEqual(['grant_extended', 'grant_issued']);
  });

  it('takes the place of one whose time is over, and ends that one', async () => {
    const { grant } = await issue();
    now += 2 * hour * 1_000;
    const again = await issue();
    expect(again).toMatchObject({ extended: false, grant: { issued: at('20:00'), until: at('21:00') } });
    expect(heard.types).toEqual(['grant_issued', 'grant_ended', 'grant_issued']);
    expect(heard.of('grant_ended')).toEqual([{ grant, by: null }]);
  });

  it.each([
    [
      'a service that there is not',
      { service: 'plai' },
      'unknown_service',
      'Did you mean the service "play"?',
    ],
    ['a source that there is not', { source: 'leu' }, 'unknown_source', 'Did you mean the person "leo"?'],
    ['a moment that is over', { seconds: undefined, until: at('17:00') }, 'wrong_time', 'is over'],
    ['no moment', { seconds: undefined, until: 'soon' }, 'wrong_time', 'is not a moment'],
    ['no end', { seconds: undefined }, 'wrong_time', 'for how long'],
    ['two ends', { until: '20:00' }, 'wrong_time', 'for how long'],
    ['an end in years', { seconds: undefined, until: '2030-01-01' }, 'wrong_time', 'Write a rule'],
  ])('refuses %s', async (_, changes, error, message) => {
    const reply = await grants.issue(request(changes));
    expect(reply).toMatchObject({ error, message: expect.stringContaining(message) });
    expect(heard.types).toEqual([]);
  });

  it('refuses one more than there may be, but not another end for one of them', async () => {
    for (let count = 0; count < maxGrants; count += 1) {
      await issue({ source: `198.51.100.${count}`, service: 'ssh' });
    }
    expect(await grants.issue(request())).toMatchObject({ error: 'too_many' });
    expect(await issue({ source: '198.51.100.7', service: 'ssh' })).toMatchObject({ extended: true });
  });

  it('is not ready while the store is not', async () => {
    store.ready = false;
    expect(await grants.issue(request())).toMatchObject({ error: 'not_ready' });
    expect(grants.list()).toMatchObject({ error: 'not_ready' });
  });
});

describe('another end', () => {
  it('may be later or earlier', async () => {
    const { grant } = await issue();
    const extended = await grants.extend({ id: grant.id, seconds: 2 * hour, by: 'bob' });
    expect(extended).toMatchObject({ extended: true, grant: { ...grant, until: at('20:00') } });
    await grants.extend({ id: grant.id, until: '19:10', by: 'bob' });
    expect(open()).toEqual([{ ...grant, until: at('18:10') }]);
    expect(heard.types).toEqual(['grant_issued', 'grant_extended', 'grant_extended']);
  });

  it('is refused for a grant that there is not, or is over', async () => {
    const { grant } = await issue();
    const near = `${grant.id.slice(0, -1)}${grant.id.endsWith('0') ? '1' : '0'}`;
    const slip = await grants.extend({ id: near, seconds: 60, by: 'bob' });
    const hint = expect.stringContaining(`Did you mean "${grant.id}"?`);
    expect(slip).toMatchObject({ error: 'unknown_grant', message: hint });
    now += 2 * hour * 1_000;
    const over = await grants.extend({ id: grant.id, seconds: 60, by: 'bob' });
    expect(over).toMatchObject({ error: 'unknown_grant' });
  });
});

describe('revoking', () => {
  it('ends one by its id', async () => {
    const { grant } = await issue();
    await issue({ service: 'ssh', source: 'friends' });
    expect(await grants.revoke({ id: grant.id, by: 'bob' })).toMatchObject({ grants: [grant] });
    expect(open()).toMatchObject([{ service: 'ssh' }]);
    expect(book.of('play')).toEqual([]);
    expect(heard.of('grant_revoked')).toEqual([{ grant, by: 'bob' }]);
  });

  it('ends all of a service, or those for one source', async () => {
    await issue({ service: 'ssh', source: 'friends' });
    await issue({ service: 'ssh', source: '198.51.100.7' });
    await issue({ service: 'ssh', source: 'any' });
    await issue();
    const one = await grants.revoke({ service: 'ssh', source: '198.51.100.7/32', by: 'bob' });
    expect(one).toMatchObject({ grants: [{ source: '198.51.100.7' }] });
    const both = await grants.revoke({ service: 'ssh', by: 'bob' });
    expect('error' in both ? [] : both.grants).toHaveLength(2);
    expect(open()).toMatchObject([{ service: 'play' }]);
    expect(await grants.revoke({ service: 'ssh', by: 'bob' })).toMatchObject({ grants: [] });
  });

  it('tells of those that are gone, also where the bus fails for another', async () => {
    const { grant } = await issue({ service: 'ssh', source: 'friends' });
    const other = await issue({ service: 'ssh', source: 'any' });
    const remove = store.remove.bind(store);
    store.remove = async (key, revision) => {
      if (key === other.grant.id) throw new NoAnswerError('the bus is not connected');
      return remove(key, revision);
    };
    await expect(grants.revoke({ service: 'ssh', by: 'bob' })).rejects.toThrow(NoAnswerError);
    expect(open()).toEqual([other.grant]);
    expect(heard.of('grant_revoked')).toEqual([{ grant, by: 'bob' }]);
  });

  it('happens once where two replicas do it at once', async () => {
    const { grant } = await issue();
    const other = aReplica();
    const replies = await Promise.all(
      [grants, other.grants].map((replica) => replica.revoke({ service: 'play', by: 'bob' })),
    );
    expect(replies.flatMap((reply) => ('error' in reply ? [] : reply.grants))).toEqual([grant]);
    expect(heard.of('grant_revoked')).toHaveLength(1);
  });

  it.each([
    [{ id: 'abcdefgh' }, 'unknown_grant'],
    [{ service: 'plai' }, 'unknown_service'],
    [{ service: 'play', source: 'leu' }, 'unknown_source'],
    [{}, 'unknown_grant'],
  ])('refuses %o', async (which, error) => {
    expect(await grants.revoke({ ...which, by: 'bob' })).toMatchObject({ error });
  });

  it('finds what has left the configuration', async () => {
    const gone: Grant = {
      ...(await issue()).grant,
      id: 'gonegone',
      service: 'gone',
      source: 'nobody',
    };
    await store.put(gone.id, gone, 0);
    expect(open()).toHaveLength(2);
    const revoked = await grants.revoke({ service: 'gone', source: 'nobody', by: 'bob' });
    expect(revoked).toMatchObject({ grants: [gone] });
  });
});

describe('the end of a grant', () => {
  it('waits while the clock is not believed: an insane minute ends nothing for good', async () => {
    const [replica] = [aReplica()];
    now = Date.now();
    const { grant } = await issue({ seconds: 3_600 });
    isTrusted = false;
    now += 70 * 365 * 86_400_000;
    replica.sweep();
    await eventually(() => looks > 0);
    expect(open()).toEqual([]);
    isTrusted = true;
    now = Date.now();
    expect(open()).toEqual([grant]);
  });

  it('has come for one that was given while the clock was ahead, once the clock is right', async () => {
    now += 50 * 365 * 86_400_000;
    const { grant } = await issue({ seconds: 1_800 });
    now = evening;
    expect(open()).toEqual([]);
    expect(book.of('play')).toEqual([]);
    const again = await issue({ seconds: 1_800 });
    expect(again.extended).toBe(false);
    expect(Date.parse(again.grant.until)).toBe(evening + 1_800_000);
    expect(heard.of('grant_ended')).toEqual([{ grant, by: null }]);
  });

  it('comes by itself, and is told once by all replicas', async () => {
    const replicas = [aReplica(), aReplica()];
    for (const { sweep } of replicas) sweep();
    now = Date.now();
    const begun = performance.now();
    const { grant } = await issue({ seconds: 1 });
    await issue({ service: 'ssh' });
    await eventually(() => {
      now = Date.now();
      return store.get(grant.id) === undefined;
    });
    expect(performance.now() - begun).toBeGreaterThan(950);
    expect(performance.now() - begun).toBeLessThan(1_900);
    expect(open()).toMatchObject([{ service: 'ssh' }]);
    expect(heard.of('grant_ended')).toEqual([{ grant, by: null }]);
  });

  it('comes for those whose time was over while no replica ran, once the store is ready', async () => {
    const { grant } = await issue();
    now += 2 * hour * 1_000;
    store.ready = false;
    for (const { sweep } of [aReplica(), aReplica()]) sweep();
    expect(store.get(grant.id)).toBeDefined();
    store.ready = true;
    await eventually(() => store.get(grant.id) === undefined);
    expect(heard.of('grant_ended')).toEqual([{ grant, by: null }]);
  });
});

describe('what the interceptor is told of grants', () => {
  const told = () => heard.of('permissions_changed').length;

  it('is each change that opens or closes, by each replica that knows of it', async () => {
    aReplica();
    const { grant } = await issue();
    await eventually(() => told() === 2);
    expect(heard.of('permissions_changed')).toEqual([
      { because: 'grant', services: ['play'] },
      { because: 'grant', services: ['play'] },
    ]);
    await grants.extend({ id: grant.id, seconds: 60, by: 'bob' });
    await eventually(() => told() === 4);
    await grants.revoke({ id: grant.id, by: 'bob' });
    await eventually(() => told() === 6);
  });

  it('is not a later end, nor an end that has come', async () => {
    const { grant } = await issue();
    await eventually(() => told() === 1);
    await grants.extend({ id: grant.id, seconds: 2 * hour, by: 'bob' });
    now += 3 * hour * 1_000;
    aReplica().sweep();
    await eventually(() => heard.of('grant_ended').length === 1);
    await new Promise(setImmediate);
    expect(told()).toBe(1);
  });
});
