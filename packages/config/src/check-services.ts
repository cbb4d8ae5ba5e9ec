// SPDX-License-Identifier: MIT
// A packet to a port belongs to one service, so no two may claim the same port of the same thing.
import { keyFault, type ValueFault, valueFault } from './fault.ts';
import { overlaps } from './network.ts';
import { formatPortRange, portsOverlap } from './port-range.ts';
import type { Path } from './problem.ts';
import { blockEntries, isBlock, valueAt } from './raw-value.ts';
import { ServiceText } from './schema.ts';
import { DeviceText } from './schema-device.ts';
import type { PortRange } from './types.ts';

interface Claim {
  readonly path: Path;
  readonly line: number;
  /** Place in the file among all claims. */
  readonly order: number;
  readonly range: PortRange;
  readonly name: string;
  readonly service: ServiceText;
}

type Devices = ReadonlyMap<string, DeviceText>;

/** A device that can be told by nothing matches nothing. */
export function checkDevices(raw: unknown): readonly ValueFault[] {
  return blockEntries(raw, 'devices')
    .filter(([, device]) => isBlock(device) && Object.keys(device).every((key) => key === 'wake'))
    .map(([name]) =>
      keyFault(['devices', name], {
        message: 'The device has neither "mac" nor "address".',
        remedy: 'Add what it can be told by, such as mac: 00:11:32:aa:bb:cc',
      }),
    );
}

/**
 * `order` are the names of the services in the order of the file, `lineOf` gives the line of a path. Services
 * that are wrong in themselves are left out: their own faults come first.
 */
export function checkPorts(
  raw: unknown,
  order: readonly string[],
  lineOf: (path: Path) => number,
): readonly ValueFault[] {
  const devices: Devices = new Map(
    blockEntries(raw, 'devices').flatMap(([name, device]) => {
      const parsed = DeviceText.safeParse(device);
      return parsed.success ? [[name, parsed.data]] : [];
    }),
  );
  const faults = new Map<Claim, ValueFault>();
  for (const [claim, other] of overlappingPairs(claimsOf(raw, order, lineOf))) {
    if (!faults.has(claim) && clash(other, claim, devices)) faults.set(claim, clashFault(claim, other));
  }
  return [...faults.values()];
}

/** Every two claims with a port in common, the later in the file first. A sweep: files may list many ports. */
function* overlappingPairs(claims: readonly Claim[]): Generator<readonly [later: Claim, earlier: Claim]> {
  let open: Claim[] = [];
  for (const claim of claims.toSorted(byPort)) {
    open = open.filter((other) => portsOverlap(other.range, claim.range));
    for (const other of open) yield other.order < claim.order ? [claim, other] : [other, claim];
    open.push(claim);
  }
}

function byPort(a: Claim, b: Claim): number {
  if (a.range.protocol !== b.range.protocol) return a.range.protocol < b.range.protocol ? -1 : 1;
  return a.range.from - b.range.from;
}

/** In the order of the file, so that the later of two claims is the one that is at fault. */
function claimsOf(raw: unknown, order: readonly string[], lineOf: (path: Path) => number): readonly Claim[] {
  const claims = order.flatMap((name) => {
    const service = ServiceText.safeParse(valueAt(raw, ['services', name]));
    if (!service.success) return [];
    return service.data.ports.map((range, index): Omit<Claim, 'order'> => {
      const path = ['services', name, 'ports', index];
      return { path, line: lineOf(path), range, name, service: service.data };
    });
  });
  return claims.map((claim, order) => ({ ...claim, order }));
}

function clash(a: Claim, b: Claim, devices: Devices): boolean {
  return a.name === b.name || guardTheSame(a.service, b.service, devices);
}

function guardTheSame(a: ServiceText, b: ServiceText, devices: Devices): boolean {
  if (a.direction !== b.direction || !shareInterface(a.interfaces, b.interfaces)) return false;
  if (guardsOwnPorts(a) && guardsOwnPorts(b)) return true;
  const addresses = ({ to = [] }: ServiceText) => to.flatMap((name) => devices.get(name)?.address ?? []);
  return addresses(a).some((one) => addresses(b).some((other) => overlaps(one, other)));
}

/** What is forwarded comes to the box's own port first. */
function guardsOwnPorts({ to, forward }: ServiceText): boolean {
  return to === undefined || forward !== null;
}

/** No interface named means every interface. */
function shareInterface(a: readonly string[], b: readonly string[]): boolean {
  return a.length === 0 || b.length === 0 || a.some((name) => b.includes(name));
}

function clashFault(claim: Claim, other: Claim): ValueFault {
  const theirs = `${formatPortRange(other.range)} of services.${other.name} (line ${other.line})`;
  return valueFault(claim.path, {
    message: `${formatPortRange(claim.range)} is guarded already, by ${theirs}.`,
    remedy: claim.name === other.name ? 'Remove one of them.' : 'Leave the port to one of the two services.',
  });
}
