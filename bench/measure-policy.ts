// SPDX-License-Identifier: MIT
// Policy's own decision, without the bus, and how it grows with the configuration.
import { compilePolicy, decide, emptyWorld } from '@nftoggle/decision';
import { openGeo } from '@nftoggle/geo';
import { type HomeSize, homeOf, questionsFor } from './policy-home.ts';
import { percentile } from './statistics.ts';

export interface PolicyFigure {
  readonly name: string;
  readonly size: HomeSize;
  /** Microseconds of one decision. */
  readonly p50: number;
  readonly p99: number;
  /** Share of the questions that were allowed: a benchmark that refuses everything measures half. */
  readonly allowed: number;
}

const base: HomeSize = { rules: 500, services: 50, devices: 200 };
const sizes: readonly (readonly [name: string, size: HomeSize])[] = [
  ['500 rules, 50 services, 200 devices', base],
  ['10 × the rules', { ...base, rules: 5_000 }],
  ['10 × the services', { ...base, services: 500 }],
  ['10 × the devices', { ...base, devices: 2_000 }],
  ['10 × all', { rules: 5_000, services: 500, devices: 2_000 }],
];

/** Over the instants of a week, so that windows are open for some and shut for others. */
const week = 7 * 24 * 3_600_000;

export async function measurePolicy(decisions: number): Promise<readonly PolicyFigure[]> {
  const geo = await openGeo({ countries: null, asn: null, onChange: () => {}, onProblem: () => {} });
  try {
    const world = { ...emptyWorld, placeOf: geo.placeOf.bind(geo) };
    return sizes.map(([name, size]) => {
      const policy = compilePolicy(homeOf(size));
      const questions = questionsFor(size, decisions);
      const start = Date.now();
      const askAll = (): { readonly us: number[]; readonly allowed: number } => {
        let allowed = 0;
        const us = questions.map((question, index) => {
          // Time passes evenly, as it does for a daemon: a policy never jumps to and fro between weeks.
          const now = start + Math.floor((index / questions.length) * week);
          const begin = process.hrtime.bigint();
          const { decision } = decide(policy, world, question, now);
          const end = process.hrtime.bigint();
          if (decision === 'allow') allowed += 1;
          return Number(end - begin) / 1_000;
        });
        return { us, allowed };
      };
      askAll();
      const { us, allowed } = askAll();
      return {
        name,
        size,
        p50: percentile(us, 0.5),
        p99: percentile(us, 0.99),
        allowed: allowed / us.length,
      };
    });
  } finally {
    await geo.close();
  }
}
