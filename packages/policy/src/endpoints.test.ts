// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import { Bus } from '@nftoggle/bus';
import type { Loaded } from '@nftoggle/config';
import type { ChargeRequest, Daemon, EventData, FlowSource } from '@nftoggle/contracts';
import { Metrics } from '@nftoggle/daemon';
import { aFlow, aLoaded, eventually, type NatsOptions, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { servePolicy } from './endpoints.ts';
import { startDns } from './names/dns-server.fixture.ts';
import { openTap } from './tap.fixture.ts';

const closed = aLoaded('version: 1\ntimezone: Europe/Berlin\nservices: { ssh: { ports: [22/tcp] } }');
const open = aLoaded(
  'version: 1\ntimezone: Europe/Berlin\nservices: { ssh: { ports: [22/tcp], allow: [any] } }',
);
const family = aLoaded(`
version: 1
timezone: Europe/Berlin
devices:
  console: { mac: 02:00:00:00:01:40 }
people:
  leo: { role: child, devices: [console], allowance: { daily: 24h } }
services:
  play:
    ports: [3478/udp]
    direction: out
    deny: [{ from: 203.0.113.9, windows: [mon-sun 00:00-24:00] }]
    allow: [leo, 203.0.113.7]
  weekday:
    ports: [3479/udp]
    direction: out
    allow: [{ from: leo, windows: [mon-sun 00:00-24:00] }]
`);

const device = { address: '192.168.1.40', mac: '02:00:00:00:01:40' };
const account = 'person.leo';

const undo: (() => unknown)[] = [];
let nats: NatsServer;

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function begin(options?: NatsOptions): Promise<void> {
  nats = await startNats(options);
  undo.push(() => nats.stop());
}

function busOf(daemon: Daemon): Bus {
  const { url, seeds } = nats;
  const bus = new Bus({ url, seed: seeds[daemon], node: 'box', daemon });
  undo.push(() => bus.close());
  return bus;
}

async function connected(daemon: Daemon): Promise<Bus> {
  const bus = busOf(daemon);
  await bus.ready;
  return bus;
}

/** A policy daemon without its process; `change` does what a new file does. */
async function startPolicy(
  first = closed,
): Promise<{ bus: Bus; metrics: Metrics; change: (loaded: Loaded) => void }> {
  let current = first;
  const listeners: ((loaded: Loaded) => void)[] = [];
  const started = new Date().toISOString();
  const bus = busOf('policy');
  const metrics = new Metrics('policy');
  const quiet = (): void => {};
  await servePolicy({
    bus,
    metrics,
    loaded: () => current,
    onConfig: (listener) => listeners.push(listener),
    onStop: (_, step) => undo.push(step),
    status: () => ({ daemon: 'policy', pid: 1, started, revision: current.revision, problem: null }),
    log: { info: quiet, warn: quiet, error: quiet },
  });
  await bus.ready;
  return {
    bus,
    metrics,
    change: (loaded) => {
      current = loaded;
      for (const listener of listeners) listener(loaded);
    },
  };
}

/** Everybody, with what policy keeps read. */
async function startFamily() {
  await begin();
  const policy = await startPolicy(family);
  const api = await connected('api');
  await eventually(async () => (await api.request('policyStatus', {})).ready);
  return { policy, api, interceptor: await connected('interceptor') };
}

const flow = (service: string, source: FlowSource = device) => ({ flow: aFlow({ service, source }) });

function charge(sequence: number, seconds: number): ChargeRequest {
  const to = Date.now();
  const span = { from: new Date(to - 60_000).toISOString(), to: new Date(to).toISOString() };
  return { meter: randomUUID(), sequence, ...span, charges: [{ account, seconds }] };
}

describe('policy on the bus', () => {
  it('answers questions, and by the new configuration as soon as it is in force', async () => {
    await begin();
    const policy = await startPolicy();
    const interceptor = await connected('interceptor');
    expect(await interceptor.request('decide', { flow: aFlow() })).toMatchObject({
      decision: 'deny',
      reason: 'no_rule',
      revision: closed.revision,
    });
    policy.change(open);
    expect(await interceptor.request('decide', { flow: aFlow() })).toMatchObject({
      decision: 'allow',
      rule: 'services.ssh.allow[0]',
      revision: open.revision,
    });
  });

  it('explains to the api, and counts decisions but not explanations', async () => {
    await begin();
    await startPolicy();
    const interceptor = await connected('interceptor');
    const api = await connected('api');
    const explanation = await api.request('explain', { source: '203.0.113.66', service: 'ssh' });
    expect(explanation).toMatchObject({ decision: 'deny', checks: [] });
    const refusal = await api.request('explain', { source: '203.0.113.66', service: 'ftp' });
    expect(refusal).toMatchObject({ error: 'unknown_service' });
    await interceptor.request('decide', { flow: aFlow() });
    const status = await api.request('policyStatus', {});
    expect(status).toMatchObject({
      daemon: 'policy',
      decisions: { allowed: 0, denied: 1 },
      clockProblem: null,
    });
    expect(status.databases.countries).toMatchObject({ file: 'built-in', problem: null });
  });

  it('meters what it decides, what is granted, and whether the clock is believed', async () => {
    const { policy, api, interceptor } = await startFamily();
    await interceptor.request('decide', flow('play'));
    await interceptor.request('decide', flow('play', { address: '198.51.100.7' }));
    await interceptor.request('decide', flow('no-such-service'));
    await api.request('explain', { source: 'leo', service: 'play' });
    const until = new Date(Date.now() + 600_000).toISOString();
    await api.request('grantIssue', { service: 'play', source: '198.51.100.7', until, by: 'anna' });
    const series = (await policy.metrics.text())
      .split('\n')
      .filter((line) => /^nftoggle_(policy_decisions|policy_decision_seconds_count|grants|clock)/.test(line));
    expect(series.toSorted()).toEqual([
      'nftoggle_clock_trusted 1',
      'nftoggle_grants 1',
      'nftoggle_policy_decision_seconds_count 3',
      'nftoggle_policy_decisions_total{service="",decision="deny",reason="unknown_service"} 1',
      'nftoggle_policy_decisions_total{service="play",decision="allow",reason="rule_allows"} 1',
      'nftoggle_policy_decisions_total{service="play",decision="deny",reason="no_rule"} 1',
    ]);
  });

  it('says whose address it was', async () => {
    const { interceptor } = await startFamily();
    const known = await interceptor.request('decide', flow('play'));
    expect(known.who).toEqual({ device: 'console', person: 'leo', country: null });
    const abroad = await interceptor.request('decide', flow('play', { address: '193.0.6.139' }));
    expect(abroad.who).toEqual({ device: null, person: null, country: 'NL' });
  });

  it('tells the days to come', async () => {
    const { api } = await startFamily();
    const schedule = await api.request('schedule', { subject: 'leo', days: 1 });
    expect(schedule).toMatchObject({ subject: 'leo', timezone: 'Europe/Berlin', days: [{}] });
  });

  it('lets in by a grant at once, and no more when it is revoked', async () => {
    const { api, interceptor } = await startFamily();
    const stranger = { address: '203.0.113.66' };
    const changes: EventData<'permissions_changed'>[] = [];
    interceptor.follow('permissions_changed', ({ data }) => void changes.push(data));
    const decision = async () => (await interceptor.request('decide', flow('play', stranger))).reason;
    expect(await decision()).toBe('no_rule');
    const ends = { service: 'play', source: stranger.address, seconds: 3_600, by: 'ada' };
    const issued = await api.request('grantIssue', ends);
    expect(await decision()).toBe('grant_allows');
    await eventually(() => changes.length === 1);
    expect(await api.request('grantList', {})).toMatchObject({ grants: [{ source: stranger.address }] });
    expect(await api.request('policyStatus', {})).toMatchObject({ grants: 1 });
    const id = 'error' in issued ? '' : issued.grant.id;
    expect(await api.request('grantExtend', { id, seconds: 60, by: 'ada' })).toMatchObject({
      extended: true,
    });
    await api.request('grantRevoke', { id, by: 'ada' });
    expect(await decision()).toBe('no_rule');
    await eventually(() => changes.length === 3);
    expect(changes).toEqual(changes.map(() => ({ because: 'grant', services: ['play'] })));
  });

  it('goes by DNS names and countries, of grants too, and says when an address is another one', async () => {
    const dns = await startDns();
    undo.push(() => dns.stop());
    dns.zones.set('tom.example.net', { A: { addresses: ['203.0.113.7'], ttl: 3_600 } });
    dns.zones.set('ann.example.net', { A: { addresses: ['203.0.113.8'], ttl: 3_600 } });
    const { policy, api, interceptor } = await startFamily();
    const changes: EventData<'permissions_changed'>[] = [];
    interceptor.follow('permissions_changed', ({ data }) => void changes.push(data));
    policy.change(
      aLoaded(`
version: 1
dns: { servers: ["${dns.address}"] }
services:
  ssh: { ports: [22/tcp], allow: [tom.example.net, "country:DE"] }`),
    );
    const reason = async (address: string) =>
      (await interceptor.request('decide', flow('ssh', { address }))).reason;
    await eventually(async () => (await reason('203.0.113.7')) === 'rule_allows');
    expect(await reason('203.0.113.8')).toBe('no_rule');
    expect(await reason('217.160.0.1')).toBe('rule_allows');
    await api.request('grantIssue', { service: 'ssh', source: 'ann.example.net', seconds: 60, by: 'ada' });
    await eventually(async () => (await reason('203.0.113.8')) === 'grant_allows');
    const { names } = await api.request('policyStatus', {});
    expect(names).toEqual([
      { name: 'ann.example.net', addresses: ['203.0.113.8'], problem: null },
      { name: 'tom.example.net', addresses: ['203.0.113.7'], problem: null },
    ]);
    await eventually(() => changes.filter(({ because }) => because === 'names').length === 2);
  });

  it('says what stands in the way of a grant', async () => {
    const { api } = await startFamily();
    const ends = { service: 'play', source: '203.0.113.9', seconds: 3_600, by: 'ada' };
    const issued = await api.request('grantIssue', ends);
    expect(issued).toMatchObject({ notes: [expect.stringContaining('services.play.deny[0]')] });
  });

  it('charges, refuses when nothing is left, and lets in again for a bonus', async () => {
    const { api, interceptor } = await startFamily();
    const tap = await openTap(nats);
    undo.push(() => tap.close());
    const decision = async () => (await interceptor.request('decide', flow('play'))).reason;
    expect(await decision()).toBe('rule_allows');
    const reply = await interceptor.request('charge', charge(1, 86_400));
    expect(reply).toEqual({ balances: [{ account, left: 0 }] });
    expect(await decision()).toBe('allowance_spent');
    const bonus = await api.request('bonus', { who: 'leo', seconds: 600, by: 'ada', why: 'homework' });
    expect(bonus).toMatchObject({ allowances: [{ account, left: 600 }], problem: null });
    expect(await decision()).toBe('rule_allows');
    await eventually(() => tap.of('allowance_changed').length > 0);
    expect(tap.of('allowance_changed')).toEqual([{ who: 'leo', bonus: 600, by: 'ada', why: 'homework' }]);
    expect(tap.of('allowance_spent')).toMatchObject([{ account, who: 'leo', left: 0 }]);
    await eventually(() => tap.of('permissions_changed').length >= 2);
  });

  it('refuses a bonus for nobody, and for somebody without an allowance', async () => {
    const { api } = await startFamily();
    const bonus = (who: string) => api.request('bonus', { who, seconds: 600, by: 'ada' });
    const hint = expect.stringContaining('Did you mean');
    expect(await bonus('leu')).toMatchObject({ error: 'unknown_name', message: hint });
    expect(await bonus('203.0.113.7')).toMatchObject({ error: 'no_allowance' });
  });

  it('does not believe a clock that is behind what a replica has seen, and says so', async () => {
    const { policy, api, interceptor } = await startFamily();
    const tap = await openTap(nats);
    undo.push(() => tap.close());
    expect(await interceptor.request('decide', flow('weekday'))).toMatchObject({ decision: 'allow' });
    const ahead = new Date(Date.now() + 3_600_000).toISOString();
    await policy.bus.store('clock').put('seen', { seen: ahead }, 0);
    const reason = async (...asked: Parameters<typeof flow>) =>
      (await interceptor.request('decide', flow(...asked))).reason;
    await eventually(async () => (await reason('weekday')) === 'clock_untrusted');
    expect(await reason('play')).toBe('clock_untrusted');
    expect(await reason('play', { address: '203.0.113.7' })).toBe('rule_allows');
    const { clockProblem } = await api.request('policyStatus', {});
    expect(clockProblem).toContain('clock');
    expect(await api.request('allowances', {})).toMatchObject({ problem: clockProblem });
    await eventually(() => tap.of('clock_changed').length > 0);
    expect(tap.of('clock_changed')).toMatchObject([{ trusted: false }]);
    await eventually(() => tap.of('permissions_changed').some(({ because }) => because === 'clock'));
  });

  it('believes it again when somebody says that it is right, and so does every replica', async () => {
    const { policy, api, interceptor } = await startFamily();
    const another = await startPolicy(family);
    await eventually(() => another.bus.store('clock').ready);
    const ahead = new Date(Date.now() + 3_600_000).toISOString();
    await policy.bus.store('clock').put('seen', { seen: ahead }, 0);
    const reasons = async () =>
      new Set(
        await Promise.all(
          Array.from(
            { length: 20 },
            async () => (await interceptor.request('decide', flow('weekday'))).reason,
          ),
        ),
      );
    await eventually(async () => [...(await reasons())].join() === 'clock_untrusted');
    expect(await api.request('clockAccept', { by: 'ada' })).toMatchObject({ timezone: 'Europe/Berlin' });
    await eventually(async () => [...(await reasons())].join() === 'rule_allows');
    expect(await api.request('policyStatus', {})).toMatchObject({ clockProblem: null });
  });
});

describe('policy without a store', () => {
  it('goes on deciding what needs none, and refuses the rest', async () => {
    await begin({ alter: (config) => config.replace(/jetstream \{[^}]*\}|jetstream\b.*/, '') });
    await startPolicy(family);
    const api = await connected('api');
    const interceptor = await connected('interceptor');
    expect(await api.request('policyStatus', {})).toMatchObject({ ready: false });
    const stranger = { address: '203.0.113.7' };
    expect(await interceptor.request('decide', flow('play', stranger))).toMatchObject({ decision: 'allow' });
    expect(await interceptor.request('decide', flow('play'))).toMatchObject({ reason: 'clock_untrusted' });
    const { clockProblem } = await api.request('policyStatus', {});
    expect(clockProblem).toContain('not known yet');
    const refusals = [
      await interceptor.request('charge', charge(1, 60)),
      await api.request('allowances', {}),
      await api.request('bonus', { who: 'leo', seconds: 60, by: 'ada' }),
      await api.request('grantIssue', { service: 'play', source: 'leo', seconds: 60, by: 'ada' }),
      await api.request('grantList', {}),
    ];
    for (const refusal of refusals) expect(refusal).toMatchObject({ error: 'not_ready' });
  });
});
