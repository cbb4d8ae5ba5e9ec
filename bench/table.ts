// SPDX-License-Identifier: MIT
import type { Report } from './bench.ts';
import { heldPackets } from './measure-held.ts';
import type { PolicyFigure } from './measure-policy.ts';
import type { WakeReport } from './measure-wake.ts';
import type { Measurement, Series, Unit } from './measurement.ts';
import { type Target, targets } from './network.ts';
import { median } from './statistics.ts';

const labels: Readonly<Record<Target | 'bus', string>> = {
  nftoggle: 'nftoggle',
  yardstick: 'C loop',
  conntrack: 'conntrack alone',
  nothing: 'no ruleset',
  bus: 'NATS request and reply',
};
const compared = ['yardstick', 'conntrack', 'nothing'] as const;
const order = [...targets, 'bus'] as const;
const widths = [26, 13, 12, 12, 14, 12] as const;

export function formatReport(report: Report): string {
  const { machine, queueMechanism, afterStart, measurements, policy, wake } = report;
  const { kernel, cpus, cpu, node, nats } = machine;
  const [first = Number.NaN, ...next] = afterStart;
  return [
    `Linux ${kernel}, ${queueMechanism}, ${cpus} × ${cpu}, Node ${node}, nats-server ${nats}`,
    '',
    formatTable(measurements),
    '',
    formatPolicy(policy),
    '',
    formatWake(wake),
    '',
    `After the start: the first source of all ${ms(first)}, the next nine ${ms(median(next))} (median).`,
  ].join('\n');
}

const ms = (us: number): string => `${(us / 1_000).toFixed(1)} ms`;

/** The measurements as people read them: one block each, figures right-aligned. */
export function formatTable(measurements: readonly Measurement[]): string {
  const head = line(['', 'p50', 'p99', 'to C loop', 'to conntrack', 'to nothing']);
  return [head, ...measurements.flatMap(block)].join('\n');
}

/** Growth is shown beside the figures: what ten times as much costs. */
export function formatPolicy(figures: readonly PolicyFigure[]): string {
  const [first] = figures;
  const times = (value: number, of: number | undefined): string =>
    `× ${(value / (of ?? Number.NaN)).toFixed(1)}`;
  const wide = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(40) : cell.padStart(12))).join('');
  return [
    wide(['a decision of policy, without the bus', 'p50', 'p99', 'p50 grows', 'p99 grows']),
    ...figures.map(({ name, p50, p99 }) =>
      wide([
        `  ${name}`,
        `${p50.toFixed(1)} µs`,
        `${p99.toFixed(1)} µs`,
        times(p50, first?.p50),
        times(p99, first?.p99),
      ]),
    ),
  ].join('\n');
}

/** What waking adds to the time that the machine takes itself, and what it costs everybody else. */
export function formatWake({ answers, held }: WakeReport): string {
  const wide = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(72) : cell.padStart(12)))
      .join('')
      .trimEnd();
  return [
    wide(['from a port that can be reached to the end of connect()', 'p50', 'most', 'from probe']),
    ...answers.map(
      ({ name, p50, max, acceptedP50, goal }) =>
        wide([`  ${name}`, `${p50} ms`, `${max} ms`, `${acceptedP50} ms`]) +
        (goal === null ? '' : `   goal ${goal}`),
    ),
    '',
    wide([`connect() of a new source while ${heldPackets} packets are held`, 'p50', 'held: none', 'ratio']),
    ...held.map(
      ({ name, holding, idle, ratio, synRetransmits }) =>
        wide([`  ${name}`, `${Math.round(holding.p50)} µs`, `${Math.round(idle.p50)} µs`, ratio.toFixed(2)]) +
        (synRetransmits === 0 ? '' : `   ${synRetransmits} SYN sent again`),
    ),
  ].join('\n');
}

function block(measurement: Measurement): readonly string[] {
  const rows = order.flatMap((target) => {
    const series = measurement.targets[target];
    return series === undefined ? [] : [row(labels[target], series, measurement, target === 'nftoggle')];
  });
  return ['', measurement.name, ...rows, ...remarks(measurement)];
}

function row(label: string, series: Series, { unit, goal }: Measurement, isOurs: boolean): string {
  const cells = [
    `  ${label}`,
    figure(series.p50, unit),
    series.p99 === null ? '' : figure(series.p99, unit),
    ...compared.map((target) => series.to[target]?.toFixed(2) ?? ''),
  ];
  return line(cells) + (isOurs && goal !== undefined ? `   goal ${goal}` : '');
}

function remarks({ synRetransmits = {} }: Measurement): readonly string[] {
  return order.flatMap((target) => {
    const count = target === 'bus' ? 0 : (synRetransmits[target] ?? 0);
    return count === 0 ? [] : [`  ${labels[target]}: ${count} SYN sent again`];
  });
}

function figure(value: number, unit: Unit): string {
  if (unit === 'us') return `${Math.round(value)} µs`;
  return unit === 'Gbit/s' ? `${value.toFixed(1)} Gbit/s` : `${Math.round(value)} /s`;
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index] ?? 0)))
    .join('')
    .trimEnd();
}
