// SPDX-License-Identifier: MIT
import { type Device, formatNetwork, parseAddress, parseMoment } from '@nftoggle/config';
import type { Check, ExplainReply, ExplainRequest, Explanation, FlowSource } from '@nftoggle/contracts';
import { addressNumbers } from './address-set.ts';
import { Sender } from './asker.ts';
import type { CompiledPolicy } from './compile.ts';
import type { Case } from './conditions.ts';
import { type Decided, decideFor } from './decide.ts';
import { decisionSentence } from './explain-text.ts';
import { unknownService, unknownSource, wrongTime } from './refusal.ts';
import { deviceSenders, personDevices } from './senders.ts';
import type { World } from './world.ts';

/** An explanation shows this many checks at most, so that it fits into one message whatever the rules are. */
export const maxChecks = 400;

/** Why may, or may not, this source use this service? Decided by the code that decides for real. */
export function explain(
  policy: CompiledPolicy,
  world: World,
  request: ExplainRequest,
  now: number,
): ExplainReply {
  const service = policy.services.get(request.service);
  if (service === undefined) return unknownService(policy, request.service);
  const subject = subjectOf(policy, world, request.source);
  if (subject === null) return unknownSource(policy, request.source);
  const at = request.at === undefined ? null : parseMoment(request.at, now, policy.timezone);
  if (at?.ok === false) return wrongTime(at);
  return explainSubject({ policy, world, service, periods: policy.periods }, subject, at?.value ?? now);
}

/** Whom an explanation is about: one sender, and others whose answer is mentioned where it differs. */
interface Subject {
  /** How it is called in sentences. */
  readonly name: string;
  readonly sender: Sender;
  /** What it says to know less about the sender than there is to know; empty when that is not so. */
  readonly remark: string;
  readonly others: readonly Other[];
}

interface Other {
  readonly name: string;
  readonly sender: Sender;
}

function subjectOf(policy: CompiledPolicy, world: World, text: string): Subject | null {
  const address = parseAddress(withoutZone(text));
  if (address !== null) {
    const sender = new Sender(policy, world, address, undefined);
    return { name: formatNetwork(address), sender, remark: '', others: [] };
  }
  const device = policy.devices.get(text);
  return device === undefined ? personSubject(policy, world, text) : deviceSubject(policy, world, device);
}

/** A device is explained by its first address. */
function deviceSubject(policy: CompiledPolicy, world: World, device: Device): Subject {
  const [sender, ...others] = deviceSenders(policy, world, device);
  return {
    name: sender.address === null ? device.name : `${device.name} (${formatNetwork(sender.address)})`,
    sender,
    remark: sender.address === null ? noAddressRemark(device) : '',
    others: others.map((other) => ({ name: `its address ${addressText(other)}`, sender: other })),
  };
}

/** A person is explained by the first device, and each device by its first address. */
function personSubject(policy: CompiledPolicy, world: World, name: string): Subject | null {
  const person = policy.people.get(name);
  if (person === undefined) return null;
  const [first, ...others] = personDevices(policy, person);
  if (first === undefined) {
    const nobody = new Sender(policy, world, null, undefined);
    return { name, sender: nobody, remark: `; no device of ${name} is configured`, others: [] };
  }
  const [sender] = deviceSenders(policy, world, first);
  return {
    name,
    sender,
    remark: others.length === 0 ? '' : `; that is with ${first.name}`,
    others: others.map((device) => ({ name: device.name, sender: deviceSenders(policy, world, device)[0] })),
  };
}

function explainSubject(parts: Omit<Case, 'asker'>, subject: Subject, at: number): Explanation {
  const kase = { ...parts, asker: subject.sender };
  const checks: Check[] = [];
  const decided = decideFor(kase, subject.sender, at, (rule, condition, passed) =>
    checks.push({ rule, condition, passed }),
  );
  const others = subject.others.map((other) => otherRemark(parts, other, decided, at));
  const surplus = Math.max(0, checks.length - maxChecks);
  const leftOut = surplus === 0 ? '' : `; the first ${surplus} checks are not shown`;
  const sentence = decisionSentence(kase, subject.name, decided, at);
  return {
    ...decided.decision,
    service: parts.service.name,
    source: flowSource(subject.sender),
    at: new Date(at).toISOString(),
    timezone: parts.policy.timezone,
    text: [sentence, subject.remark, unseenRemark(kase, subject, decided), ...others, leftOut].join(''),
    // The last check is the deciding one, so the earliest go.
    checks: checks.slice(surplus),
  };
}

/** Who asks about an address may mean a device that rules know by its MAC address. */
function unseenRemark({ policy, service }: Case, { name, sender }: Subject, { decision }: Decided): string {
  const { address } = sender;
  if (decision.decision === 'allow' || address === null || name !== formatNetwork(address)) return '';
  const byMac = service.allow.some(({ entries }) => entries.some(({ matcher }) => matcher.macs.size > 0));
  if (!byMac || !policy.nowhere.has(addressNumbers(address))) return '';
  return '; MAC addresses were not compared: where this is the address of a device, ask by its name';
}

function otherRemark(parts: Omit<Case, 'asker'>, other: Other, first: Decided, at: number): string {
  const { decision } = decideFor({ ...parts, asker: other.sender }, other.sender, at);
  const { decision: answer, rule, reason } = decision;
  if (answer === first.decision.decision && rule === first.decision.rule) return '';
  const by = reason === 'grant_allows' ? `grant ${decision.grant}` : (rule ?? 'no rule');
  return `; ${other.name} differs: ${answer} by ${by}`;
}

/** The shape wants an address; the text says that this one stands for "none known". */
function flowSource(sender: Sender): FlowSource {
  const address = sender.address === null ? '0.0.0.0' : addressText(sender);
  return sender.mac === undefined ? { address } : { address, mac: sender.mac };
}

function addressText({ address }: Sender): string {
  return address === null ? 'none' : formatNetwork(address);
}

function noAddressRemark({ name, macs }: Device): string {
  const compared = macs[0] === undefined ? 'nothing of it' : `only its MAC address ${macs[0]}`;
  return `; no address of ${name} is configured, so ${compared} was compared`;
}

/** `fe80::1%eth0` is how tools print link-local addresses; the rules know no zones. */
function withoutZone(text: string): string {
  return text.includes(':') ? text.replace(/%.*$/, '') : text;
}
