// SPDX-License-Identifier: MIT
import { formatPortRange, type Loaded, type Person, type Rule, type Service } from '@nftoggle/config';
import type { Paint } from '../paint.ts';
import { columns } from './columns.ts';
import { allowanceText, ruleFacts } from './rule-facts.ts';
import { type WakeFacts, wakeFacts } from './wake-facts.ts';

/** What a right file guards: services with what limits their rules, people, and what to think about again. */
export function checkPage(
  file: string,
  { config, revision }: Loaded,
  warnings: readonly string[],
  paint: Paint,
): string {
  const services = [...config.services.values()];
  const people = [...config.people.values()];
  const what = [
    counted(services.length, 'service', 'services'),
    ...(people.length === 0 ? [] : [counted(people.length, 'person', 'people')]),
  ];
  return [
    `${file} is ${paint('green', 'right')}: ${what.join(', ')}, mode ${config.mode}, revision ${revision}, times in ${config.timezone}`,
    ...columns(services.map(serviceCells)),
    ...titled('limits', columns(services.flatMap((service) => limitRows(service, config.timezone))), paint),
    ...titled('people', columns(people.map(personCells)), paint),
    ...titled('can be woken', columns(wakeFacts(config).map(wakeCells)), paint),
    ...warnings.map((warning) => `${paint('yellow', 'warning:')} ${warning}`),
  ].join('\n');
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function titled(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint('bold', title), ...lines];
}

function serviceCells({ name, ports, allow, deny }: Service): string[] {
  const rules = `${deny.length} deny, ${allow.length} allow`;
  return [
    `  ${name}`,
    ports.map(formatPortRange).join(' '),
    allow.length === 0 ? `nobody may use it${deny.length === 0 ? '' : ` (${rules})`}` : rules,
  ];
}

/** Rules without any limit have no line. */
function limitRows({ deny, allow }: Service, zone: string): string[][] {
  return [...deny, ...allow].flatMap((rule: Rule) => {
    const { countries, windows, allowance, expires } = ruleFacts(rule, zone);
    const facts = [
      ...(countries === undefined ? [] : [`countries ${countries}`]),
      ...(windows === undefined ? [] : [windows]),
      ...(allowance === undefined ? [] : [`allowance ${allowance}`]),
      ...(expires === undefined ? [] : [`expires ${expires}`]),
    ];
    return facts.length === 0 ? [] : [[`  ${rule.path.replace(/^services\./, '')}`, facts.join('; ')]];
  });
}

function personCells({ name, role, devices, allowance, counts }: Person): string[] {
  const time =
    allowance === null
      ? 'no allowance'
      : `${allowanceText(allowance)}${counts === null ? '' : ` for ${counts.join(', ')}`}`;
  return [`  ${name}`, role, devices.length === 0 ? 'no device' : devices.join(', '), time];
}

function wakeCells({ device, by, ready, timeout, services }: WakeFacts): string[] {
  const whose = services.length === 0 ? 'by `nftoggle wake` alone' : `for ${services.join(', ')}`;
  return [`  ${device}`, by, `ready when ${ready}, ${timeout} at most`, whose];
}
