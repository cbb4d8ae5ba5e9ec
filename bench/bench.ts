// SPDX-License-Identifier: MIT
import { buildPrograms, type Programs } from './build.ts';
import { Connects, FreshSources } from './connects.ts';
import { proveGuard, proveQueued } from './controls.ts';
import { describeMachine, type Machine } from './machine.ts';
import { measureBus } from './measure-bus.ts';
import {
  type Bench,
  gapUs,
  measureDecisions,
  measureFirstPackets,
  measureSessions,
  paces,
} from './measure-connects.ts';
import { measurePolicy, type PolicyFigure } from './measure-policy.ts';
import { measureStream, startStreamServer } from './measure-stream.ts';
import { measureWake, type WakeReport } from './measure-wake.ts';
import type { Measurement } from './measurement.ts';
import { createNetwork, families, type Network, targets } from './network.ts';
import type { Scale } from './scale.ts';
import { configuration, startSystem } from './system.ts';
import { type QueueMechanism, startYardstick } from './yardstick.ts';

export interface Report {
  readonly time: string;
  readonly machine: Machine;
  readonly queueMechanism: QueueMechanism;
  readonly scale: Scale;
  /** connect() of the first sources after the start, in microseconds: code that never ran is slow. */
  readonly afterStart: readonly number[];
  readonly measurements: readonly Measurement[];
  readonly policy: readonly PolicyFigure[];
  readonly wake: WakeReport;
}

const port = 7000;
const streamPort = 7001;

/** @throws Error when something did not work at all; never for a figure */
export async function runBench(scale: Scale, onStep: (step: string) => void): Promise<Report> {
  const { programs, ...measured } = await runNetworkBench(scale, onStep);
  return { ...measured, wake: await measureWake(programs, scale, onStep) };
}

async function runNetworkBench(
  scale: Scale,
  onStep: (step: string) => void,
): Promise<Omit<Report, 'wake'> & { readonly programs: Programs }> {
  onStep('decisions without the bus');
  const policy = await measurePolicy(scale.policyDecisions);
  onStep('building');
  const [programs, machine] = await Promise.all([buildPrograms(), describeMachine()]);
  const network = await createNetwork();
  try {
    onStep('starting nftoggle, the C loop and the servers');
    const queueMechanism = await startTargets(network, programs);
    const system = await startSystem(network.host('nftoggle'), configuration([port, streamPort]));
    onStep(system.guarding);
    try {
      const bench = { connects: new Connects(network, programs), fresh: new FreshSources(), port, scale };
      const afterStart = await warmUp(bench);
      const measurements = await measureAll(network, bench, onStep);
      const time = new Date().toISOString();
      return { programs, time, machine, queueMechanism, scale, afterStart, measurements, policy };
    } finally {
      await system.stop();
    }
  } finally {
    await network.lab.close();
  }
}

async function startTargets(network: Network, programs: Programs): Promise<QueueMechanism> {
  for (const target of targets) {
    const host = network.host(target);
    await host.start([programs.acceptLoop, String(port)]).waitFor(/^listening$/, 5_000);
    await startStreamServer(host, streamPort);
  }
  await network.host('conntrack').loadRuleset(conntrackAlone);
  return startYardstick(network.host('yardstick'), programs.queueLoop, port);
}

/** What any firewall with state costs, ours aside. */
const conntrackAlone = `table inet conntrack {
	chain prerouting {
		type filter hook prerouting priority -140; policy accept;
		ct state established accept
	}
}
`;

/** Returns what the first sources of all had to wait. */
async function warmUp(bench: Bench): Promise<readonly number[]> {
  const { connects, fresh, scale } = bench;
  const firstTen = { family: 'ipv4', port, count: 10, source: fresh.take('ipv4', 10), gapUs } as const;
  const { us } = await connects.run('nftoggle', firstTen);
  await proveGuard(connects, port);
  for (const family of families) {
    const plan = { family, port, count: scale.warmUp, source: fresh.take(family, scale.warmUp) };
    for (const target of targets) await connects.run(target, plan);
  }
  return us;
}

async function measureAll(
  network: Network,
  bench: Bench,
  onStep: (step: string) => void,
): Promise<readonly Measurement[]> {
  const { scale } = bench;
  const asked = { round: scale.rounds * scale.connects, rate: scale.burstRounds * scale.burst };
  const measurements: Measurement[] = [];
  const take = async (step: string, measure: () => Promise<Measurement>): Promise<void> => {
    onStep(step);
    measurements.push(await measure());
  };
  const queued = (count: number, measure: () => Promise<Measurement>) => () =>
    proveQueued(network, count, measure);
  const each = families.flatMap((family) => paces.map((pace) => ({ family, pace })));
  for (const { family, pace } of each)
    await take(
      `first packets, ${family}, ${pace.name}`,
      queued(asked.round * pace.times, () => measureFirstPackets(bench, family, pace)),
    );
  await take('the bus alone', () => measureBus(network.host('nothing'), scale));
  for (const { family, pace } of each)
    await take(`connections in a session, ${family}, ${pace.name}`, () =>
      measureSessions(bench, family, pace),
    );
  for (const family of families)
    await take(
      `decisions, ${family}`,
      queued(asked.rate, () => measureDecisions(bench, family)),
    );
  for (const family of families)
    await take(`streams, ${family}`, () => measureStream(network, streamPort, family, scale));
  return measurements;
}
