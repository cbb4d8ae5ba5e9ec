// SPDX-License-Identifier: MIT
// Whether devices can be woken in the way that the file says, and services wake and lead to what there is.
import { formatDuration } from './duration.ts';
import { keyFault, type ValueFault, valueFault } from './fault.ts';
import type { Path } from './problem.ts';
import { blockEntries, isBlock, type RawBlock, textsOf, valueAt } from './raw-value.ts';
import { WakeText } from './schema-device.ts';
import { LimitsText } from './schema-system.ts';

export function checkWake(raw: unknown): readonly ValueFault[] {
  const devices = blockEntries(raw, 'devices').flatMap(([name, device]) =>
    isBlock(device) ? checkDeviceWake(name, device) : [],
  );
  const services = blockEntries(raw, 'services').flatMap(([name, service]) =>
    isBlock(service)
      ? [...checkServiceWake(raw, name, service), ...checkForward(['services', name, 'forward'], service)]
      : [],
  );
  return [...devices, ...services, ...checkWaking(raw)];
}

function checkDeviceWake(name: string, device: RawBlock): readonly ValueFault[] {
  const { mac, address, wake } = device;
  // One that can be told by nothing has a fault of its own.
  if (!isOn(wake) || (mac === undefined && address === undefined)) return [];
  const path = ['devices', name, 'wake'];
  const faults = isBlock(wake) ? [...checkCommandAlone(path, wake), ...checkSettle(path, wake)] : [];
  if (address === undefined) {
    const message = `The device "${name}" has no address, so nobody could see when it is ready.`;
    return [...faults, keyFault(path, { message, remedy: `Add "address:" to devices.${name}.` })];
  }
  if (mac !== undefined || (isBlock(wake) && wake.run !== undefined)) return faults;
  const message = `The device "${name}" has no hardware address that a magic packet could name.`;
  const remedy = `Add "mac:" to devices.${name}, or the command that wakes it: wake: { run: [/usr/local/bin/ipmi-on, ${name}] }`;
  return [...faults, keyFault(path, { message, remedy })];
}

const ofMagicPackets = ['ports', 'password', 'broadcast', 'interface'];

function checkCommandAlone(path: Path, wake: RawBlock): readonly ValueFault[] {
  if (wake.run === undefined) return [];
  return ofMagicPackets
    .filter((key) => wake[key] !== undefined)
    .map((key) =>
      keyFault([...path, key], {
        message: `"${key}" is of magic packets, and with "run" none are sent.`,
        remedy: 'Remove one of the two.',
      }),
    );
}

function checkSettle(path: Path, wake: RawBlock): readonly ValueFault[] {
  const parsed = WakeText.safeParse(wake);
  if (!parsed.success || parsed.data?.ready.kind !== 'settle') return [];
  const { ready, timeout } = parsed.data;
  if (ready.seconds < timeout) return [];
  return [
    valueFault([...path, 'ready'], {
      message: `It would never be ready in time: "timeout" is ${formatDuration(timeout)}.`,
      remedy: 'Write less, or a longer "timeout" of at most 10m.',
    }),
  ];
}

function checkServiceWake(raw: unknown, name: string, service: RawBlock): readonly ValueFault[] {
  const path = ['services', name, 'wake'];
  if (service.wake === undefined) return [];
  if (service.direction === 'out') {
    const message = '"wake" does not go with "direction: out".';
    return [keyFault(path, { message, remedy: 'Remove one of the two.' })];
  }
  if (service.to === undefined) {
    const message = '"wake" is of services that lead to devices.';
    const remedy = 'Add "to:" and the name of the device that is to be woken, or remove the key.';
    return [keyFault(path, { message, remedy })];
  }
  return service.wake === true ? checkSleepers(raw, path, service) : [];
}

/** `wake: true` is the default, so whoever writes it expects something to happen. */
function checkSleepers(raw: unknown, path: Path, service: RawBlock): readonly ValueFault[] {
  const devices = textsOf(service.to, path)
    .map(([, device]) => device)
    .filter((device) => valueAt(raw, ['devices', device]) !== undefined);
  const [first, ...others] = devices;
  if (first === undefined || devices.some((device) => canBeWoken(raw, device))) return [];
  const message =
    others.length === 0 ? `The device "${first}" cannot be woken.` : 'None of its devices can be woken.';
  const remedy = `Add "wake: true" to devices.${first}, or remove the key here.`;
  return [keyFault(path, { message, remedy })];
}

function canBeWoken(raw: unknown, device: string): boolean {
  return isOn(valueAt(raw, ['devices', device, 'wake']));
}

function checkForward(path: Path, service: RawBlock): readonly ValueFault[] {
  if (!isOn(service.forward)) return [];
  if (service.direction === 'out') {
    const message = '"forward" does not go with "direction: out".';
    return [keyFault(path, { message, remedy: 'Remove one of the two.' })];
  }
  if (service.to === undefined) {
    const message = '"forward" says nothing about where to.';
    return [keyFault(path, { message, remedy: 'Add "to:" and the name of one device.' })];
  }
  const devices = new Set(textsOf(service.to, path).map(([, device]) => device));
  if (devices.size < 2) return [];
  const message = `"forward" leads to one device, and "to" names ${devices.size}.`;
  return [keyFault(path, { message, remedy: 'Name one, or make a service of its own for each.' })];
}

function checkWaking(raw: unknown): readonly ValueFault[] {
  const limits = LimitsText.safeParse(valueAt(raw, ['limits']) ?? {});
  if (!limits.success) return [];
  const { held, waking } = limits.data;
  if (waking === undefined || waking <= held) return [];
  const message = `${waking} is more than "held", which is ${held}.`;
  return [
    valueFault(['limits', 'waking'], { message, remedy: `Write at most ${held}, or a bigger "held".` }),
  ];
}

/** Whether a key that is `true`, `false` or a block asks for something. */
function isOn(value: unknown): boolean {
  return value === true || isBlock(value);
}
