// SPDX-License-Identifier: MIT
import { type Device, formatNetwork, type Network, parseAddress } from '@nftoggle/config';
import type { Check, Decision, ExplainReply, ExplainRequest, FlowSource } from '@nftoggle/contracts';
import type { CompiledPolicy, CompiledService } from './compile.ts';
import { decideFor } from './decide.ts';
import { type Asker, asker } from './evaluate.ts';
import { decisionSentence } from './explain-text.ts';
import { unknownService, unknownSource } from './refusal.ts';

/** An explanation shows this many checks at most, so that it fits into one message whatever the rules are. */
export const maxChecks = 400;

/** Why may, or may not, this source use this service at `now`? Decided by the code that decides for real. */
export function explain(policy: CompiledPolicy, request: ExplainRequest, now: Date): ExplainReply {
  const service = policy.services.get(request.service);
  if (service === undefined) return unknownService(policy, request.service);
  const address = parseAddress(withoutZone(request.source));
  if (address !== null) return explainAddress(policy, service, address, now);
  const device = policy.devices.get(request.source);
  if (device === undefined) return unknownSource(policy, request.source);
  return explainDevice(policy, service, device, now);
}

function explainAddress(
  policy: CompiledPolicy,
  service: CompiledService,
  address: Network,
  now: Date,
): ExplainReply {
  const { decision, checks, leftOut } = decideTraced(policy, service, asker(address, undefined), now);
  const source = { address: formatNetwork(address) };
  const text = decisionSentence(policy, service, source.address, decision, now);
  return { ...decision, service: service.name, source, text: `${text}${leftOut}`, checks };
}

/** A device is explained by its first address; other addresses of it are mentioned where their answer differs. */
function explainDevice(
  policy: CompiledPolicy,
  service: CompiledService,
  device: Device,
  now: Date,
): ExplainReply {
  const [address = null, ...others] = device.addresses;
  const mac = device.macs[0];
  const { decision, checks, leftOut } = decideTraced(policy, service, asker(address, mac), now);
  const name = address === null ? device.name : `${device.name} (${formatNetwork(address)})`;
  const sentence = decisionSentence(policy, service, name, decision, now);
  const remarks = [
    address === null ? noAddressRemark(device) : '',
    ...others.map((other) => otherAddressRemark(policy, service, other, mac, decision, now)),
  ];
  return {
    ...decision,
    service: service.name,
    source: deviceSource(address, mac),
    text: `${sentence}${remarks.join('')}${leftOut}`,
    checks,
  };
}

interface Traced {
  readonly decision: Decision;
  readonly checks: Check[];
  /** Says how many checks are not shown; empty when all are. */
  readonly leftOut: string;
}

function decideTraced(policy: CompiledPolicy, service: CompiledService, who: Asker, now: Date): Traced {
  const checks: Check[] = [];
  const decision = decideFor(policy, service.name, who, now, (rule, matcher, passed) =>
    checks.push({ rule: rule.path, condition: matcher.condition, passed }),
  );
  const surplus = checks.length - maxChecks;
  if (surplus <= 0) return { decision, checks, leftOut: '' };
  // The last check is the deciding one, so the earliest go.
  return { decision, checks: checks.slice(surplus), leftOut: `; the first ${surplus} checks are not shown` };
}

/** The shape wants an address; the text says that this one stands for "none known". */
function deviceSource(address: Network | null, mac: string | undefined): FlowSource {
  return {
    address: address === null ? '0.0.0.0' : formatNetwork(address),
    ...(mac === undefined ? {} : { mac }),
  };
}

function noAddressRemark({ name, macs }: Device): string {
  const compared = macs[0] === undefined ? 'nothing of it' : `only its MAC address ${macs[0]}`;
  return `; no address of ${name} is configured, so ${compared} was compared`;
}

function otherAddressRemark(
  policy: CompiledPolicy,
  service: CompiledService,
  address: Network,
  mac: string | undefined,
  first: Decision,
  now: Date,
): string {
  const other = decideFor(policy, service.name, asker(address, mac), now);
  if (other.decision === first.decision && other.rule === first.rule) return '';
  return `; its address ${formatNetwork(address)} differs: ${other.decision} by ${other.rule ?? 'no rule'}`;
}

/** `fe80::1%eth0` is how tools print link-local addresses; the rules know no zones. */
function withoutZone(text: string): string {
  return text.includes(':') ? text.replace(/%.*$/, '') : text;
}
