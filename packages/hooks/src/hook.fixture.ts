// SPDX-License-Identifier: MIT
// Hooks, events and messages with what a test cares about replaced.
import type { Hook, Script, Webhook } from '@nftoggle/config';
import { type CloudEvent, type EventData, type EventType, nobody } from '@nftoggle/contracts';
import { aConfig } from '@nftoggle/testkit';
import { eventText } from './event-text.ts';
import { exampleEvent } from './example-event.ts';
import type { Message } from './formats.ts';

/** A household: leo's console, anna's laptop, friends from outside. */
export const home = aConfig(`
version: 1
node: box
timezone: Europe/Berlin
devices:
  console: { mac: 0c:fe:45:12:34:56, address: [192.168.1.30, 2001:db8:1::30] }
  laptop: { mac: 0c:fe:45:12:34:57 }
  nas: { mac: 00:11:32:aa:bb:cc, address: 192.168.1.20 }
groups:
  friends: [203.0.113.0/24, 2001:db8:7::/48, guests]
  guests: [laptop]
people:
  leo: { role: child, devices: [console] }
  anna: { role: parent, devices: [laptop] }
services:
  minecraft: { ports: [25565/tcp], to: nas, allow: [any] }
  ssh: { ports: [22/tcp], allow: [lan] }
`);

export function aWebhook(changes: Partial<Webhook> = {}): Webhook {
  return {
    kind: 'webhook',
    url: 'https://hooks.example/path',
    format: 'json',
    secretFile: null,
    tokenFile: null,
    headers: new Map(),
    allowLocal: ['127.0.0.1', '::1'],
    ...changes,
  };
}

export function aScript(argv: readonly string[], changes: Partial<Script> = {}): Script {
  return { kind: 'script', argv, runAs: 'nobody', ...changes };
}

export function aHook(changes: Partial<Hook> = {}): Hook {
  return {
    name: 'phone',
    on: ['access_denied', 'session_started'],
    services: null,
    sources: null,
    people: null,
    action: aWebhook(),
    timeout: 10,
    retryFor: 3_600,
    ...changes,
  };
}

export const eventTime = '2026-11-23T17:05:00.000Z';

/** One about leo's console and minecraft. */
export function anEvent<T extends EventType>(
  type: T,
  data: Partial<EventData<T>> = {},
  changes: Partial<CloudEvent<T>> = {},
): CloudEvent<T> {
  const id = '01938f2e-7b1c-7000-8000-000000000001';
  const event = exampleEvent(type, home, { id, now: Date.parse(eventTime), hook: 'phone' });
  return { ...event, data: { ...event.data, ...data }, ...changes };
}

export function aDenial(data: Partial<EventData<'access_denied'>> = {}): CloudEvent<'access_denied'> {
  return anEvent('access_denied', { who: nobody, ...data });
}

export function aMessage(event: CloudEvent = aDenial(), test = false): Message {
  const text = eventText(event, { timezone: 'Europe/Berlin', now: Date.parse(event.time), test });
  return { event, text, test };
}
