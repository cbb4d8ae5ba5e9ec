// SPDX-License-Identifier: MIT

/** How much is measured. */
export interface Scale {
  /** Connections that are made before anything is measured: a program just started is not what people wait for. */
  readonly warmUp: number;
  readonly rounds: number;
  /** Connections of one round. */
  readonly connects: number;
  readonly burstRounds: number;
  /** Connections of one round of `new sources a second`. */
  readonly burst: number;
  readonly streamRounds: number;
  readonly streamSeconds: number;
  /** Decisions of policy alone, for each size of configuration. */
  readonly policyDecisions: number;
  /** How often a machine is woken, in each of three ways. */
  readonly wakeRounds: number;
  /** Events of a statistics database, and those that are read from an event stream. */
  readonly statsEvents: number;
  readonly statsStreamEvents: number;
  /** How long the commits of few events are counted. */
  readonly statsIdleSeconds: number;
}

/** Many short rounds rather than few long ones: machines are slow or fast for seconds at a time. */
export const fullScale: Scale = {
  warmUp: 1_000,
  rounds: 30,
  connects: 10,
  burstRounds: 8,
  burst: 2_000,
  streamRounds: 18,
  streamSeconds: 1,
  policyDecisions: 50_000,
  wakeRounds: 8,
  statsEvents: 5_000_000,
  statsStreamEvents: 100_000,
  statsIdleSeconds: 60,
};

/** Enough to see that everything works; the figures mean little. */
export const quickScale: Scale = {
  warmUp: 100,
  rounds: 3,
  connects: 10,
  burstRounds: 1,
  burst: 500,
  streamRounds: 2,
  streamSeconds: 1,
  policyDecisions: 5_000,
  wakeRounds: 1,
  statsEvents: 200_000,
  statsStreamEvents: 10_000,
  statsIdleSeconds: 15,
};
