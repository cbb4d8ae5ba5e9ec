// SPDX-License-Identifier: MIT
// docs/reference/asyncapi.yaml: the same tables as subjects.md, for programs (https://www.asyncapi.com, 3.0.0).
import { readFileSync } from 'node:fs';
import {
  cloudEvent,
  type EventType,
  eventPattern,
  events,
  eventTypes,
  type RequestName,
  requestSubject,
  requests,
} from '@nftoggle/contracts';
import { stringify } from 'yaml';
import { z } from 'zod';

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

export function asyncApiDocument(): string {
  const comment = '# Generated from the tables of subjects in packages/contracts: change them there.\n';
  return comment + stringify(asyncApi(), { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** Seen from a client: it sends what daemons answer, and receives what they publish. */
export function asyncApi(): Record<string, unknown> {
  const names = Object.keys(requests) as RequestName[];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'nftoggle',
      version: manifest.version,
      description: 'What the daemons say to each other on NATS. Anybody with the user `tap` may listen.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries([
      ...names.flatMap((name) => [
        [`${name}_question`, questionChannel(name)],
        [`${name}_answer`, answerChannel(name)],
      ]),
      ...eventTypes.map((type) => [type, eventChannel(type)]),
    ]),
    operations: Object.fromEntries([
      ...names.map((name) => [name, questionOperation(name)]),
      ...eventTypes.map((type) => [`hear_${type}`, eventOperation(type)]),
    ]),
    components: { parameters },
  };
}

const parameters = {
  node: { description: 'The `node` of the configuration.' },
  track: { description: 'Events about the same thing have the same number, 0 to 7.' },
};
const parameterOf = (name: keyof typeof parameters): object => ({
  [name]: { $ref: `#/components/parameters/${name}` },
});

function questionChannel(name: RequestName): object {
  return {
    address: requestSubject('{node}', name),
    description: requests[name].about,
    parameters: parameterOf('node'),
    messages: { question: { name: `${name}Question`, payload: schemaOf(requests[name].request, 'input') } },
  };
}

/** The address is in the message that is answered. */
function answerChannel(name: RequestName): object {
  return {
    address: null,
    messages: { answer: { name: `${name}Answer`, payload: schemaOf(requests[name].reply, 'output') } },
  };
}

function eventChannel(type: EventType): object {
  return {
    address: eventPattern('{node}', type).replace(/\*$/, '{track}'),
    description: events[type].about,
    parameters: { ...parameterOf('node'), ...parameterOf('track') },
    messages: {
      event: {
        name: type,
        title: 'CloudEvent 1.0',
        contentType: 'application/cloudevents+json',
        payload: schemaOf(cloudEvent(type), 'output'),
      },
    },
  };
}

function questionOperation(name: RequestName): object {
  const { about, callers, server, deadline } = requests[name];
  return {
    action: 'send',
    summary: about,
    description: `Asked by ${callers.join(', ')}; answered by ${server}. The caller waits ${deadline} ms.`,
    channel: { $ref: `#/channels/${name}_question` },
    reply: { channel: { $ref: `#/channels/${name}_answer` } },
    bindings: { nats: { queue: server, bindingVersion: '0.1.0' } },
  };
}

function eventOperation(type: EventType): object {
  return {
    action: 'receive',
    summary: events[type].about,
    description: `Published by ${events[type].publishers.join(', ')}.`,
    channel: { $ref: `#/channels/${type}` },
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...shape } = z.toJSONSchema(schema, { io, target: 'draft-7' });
  return shape;
}
