// SPDX-License-Identifier: MIT
// docs/reference/subjects.md: everything that is said on the bus, from the two tables in contracts.
import {
  bounds,
  type EventType,
  eventData,
  eventPattern,
  eventStream,
  events,
  type RequestName,
  reasons,
  requestSubject,
  requests,
  shelves,
  stores,
} from '@nftoggle/contracts';
import { z } from 'zod';
import { code, table } from './markdown.ts';

export function subjectsReference(): string {
  const names = Object.keys(requests) as RequestName[];
  const types = Object.keys(events) as EventType[];
  const parts = [
    intro,
    overview(names, types),
    '# Questions',
    ...names.map(question),
    '# Events',
    eventIntro,
    ...types.map(event),
    storeTable(),
    shelfTable(),
    reasonTable(),
    boundTable(),
  ];
  return `${parts.join('\n\n')}\n`.replace(/^# (?=Questions|Events|Stores|Shelves|Reasons|Bounds)/gm, '## ');
}

const intro = `# Subjects

Generated from the tables of subjects in \`packages/contracts\`: change them there.

Messages are JSON. Both ends check them against these shapes: a question of another shape gets no answer, and
an answer of another shape counts as none. \`<node>\` is the \`node\` of the configuration. Each daemon has a NATS
user of its own that may say and hear what this page says and no more; the user \`tap\` hears events and questions.`;

const eventIntro = `Each is a [CloudEvent](https://cloudevents.io) 1.0 in JSON form; the fields below are its \`data\`. \`id\` is
unique, \`source\` is \`/nftoggle/<node>/<daemon>\`, \`type\` is the name here, \`subject\` is the service where there
is one. After an outage an event may come twice, with the same \`id\`.

The last token of a subject is a number: events about the same thing have the same one, so that several readers can share
the work and keep the order of what belongs together. JetStream keeps all events in the stream \`${eventStream.name}\`
for ${eventStream.maxAge / 86_400_000} days, ${eventStream.maxBytes / 1024 ** 2} MiB at most.`;

function overview(names: readonly RequestName[], types: readonly EventType[]): string {
  const rows = [
    ...names.map((name) => [requestSubject('<node>', name), 'question', requests[name].about]),
    ...types.map((type) => [eventPattern('<node>', type), 'event', events[type].about]),
  ];
  return table(
    ['subject', 'kind', 'about'],
    rows.map(([subject = '', ...rest]) => [code(subject), ...rest]),
  );
}

function question(name: RequestName): string {
  const { about, callers, server, deadline, request, reply } = requests[name];
  return [
    `### ${code(requestSubject('<node>', name))}`,
    about,
    `Asked by ${callers.join(', ')}; answered by ${server}. The caller waits ${deadline} ms.`,
    `**Question**\n\n${fields(request, 'input')}`,
    `**Answer**\n\n${fields(reply, 'output')}`,
  ].join('\n\n');
}

function event(type: EventType): string {
  const { about, publishers } = events[type];
  const { followers } = events[type] as { readonly followers?: readonly string[] };
  return [
    `### ${code(eventPattern('<node>', type))}`,
    about,
    `Type ${code(type)}, published by ${publishers.join(', ')}${followers === undefined ? '' : `; followed by ${followers.join(', ')}`}.`,
    fields(eventData[type], 'output'),
  ].join('\n\n');
}

function reasonTable(): string {
  const rows = Object.entries(reasons).map(([reason, meaning]) => [code(reason), meaning]);
  return `# Reasons\n\nEvery decision and every denial carries one.\n\n${table(['reason', 'meaning'], rows)}`;
}

function boundTable(): string {
  const rows = Object.entries(bounds).map(([bound, meaning]) => [code(bound), meaning]);
  return `# Bounds\n\nWhat a permission ends by.\n\n${table(['bound', 'meaning'], rows)}`;
}

function storeTable(): string {
  const rows = Object.values(stores).map(({ bucket, users, maxBytes, about }) => [
    code(bucket),
    users.join(', '),
    `${maxBytes / 1024 ** 2} MiB`,
    about,
  ]);
  const intro = 'Key-value buckets of JetStream: state that replicas share and that outlives them.';
  return `# Stores\n\n${intro}\n\n${table(['bucket', 'read and written by', 'at most', 'keeps'], rows)}`;
}

function shelfTable(): string {
  const rows = Object.values(shelves).map(({ stream, users, maxBytes, about }) => [
    code(stream),
    users.join(', '),
    `${maxBytes / 1024 ** 2} MiB`,
    about,
  ]);
  const intro =
    'Streams of JetStream for things that people look at one by one; the oldest go when one is full.';
  return `# Shelves\n\n${intro}\n\n${table(['stream', 'used by', 'at most', 'keeps'], rows)}`;
}

/** A JSON Schema node as far as this page reads it. */
interface Shape {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

function fields(schema: z.ZodType, io: 'input' | 'output'): string {
  const shape = z.toJSONSchema(schema, { io }) as Shape;
  const choices = shape.anyOf ?? [shape];
  return choices.map(fieldTable).join('\n\nor\n\n');
}

function fieldTable(shape: Shape): string {
  const rows = rowsOf(shape, '');
  return rows.length === 0 ? 'No fields.' : table(['field', 'type'], rows);
}

function rowsOf({ properties = {}, required = [] }: Shape, path: string): string[][] {
  return Object.entries(properties).flatMap(([key, child]) => {
    const optional = required.includes(key) ? '' : ', optional';
    const inner = inside(child);
    const here = `${path}${key}${child.items === undefined ? '' : '[]'}`;
    return [
      [code(here), `${typeOf(child)}${optional}`],
      ...(inner === null ? [] : rowsOf(inner, `${here}.`)),
    ];
  });
}

/** The object that a field is, or may be, or is a list of. */
function inside(shape: Shape): Shape | null {
  const candidates = [shape, shape.items ?? {}, ...(shape.anyOf ?? [])];
  return candidates.find(({ properties }) => properties !== undefined) ?? null;
}

function typeOf(shape: Shape): string {
  if (shape.const !== undefined) return code(JSON.stringify(shape.const));
  if (shape.enum !== undefined) return shape.enum.map((value) => code(String(value))).join(', ');
  if (shape.anyOf !== undefined) return [...new Set(shape.anyOf.map(typeOf))].join(' or ');
  if (shape.items !== undefined) return `list of ${typeOf(shape.items)}`;
  const known: Readonly<Record<string, string>> = {
    'date-time': 'instant',
    ipv4: 'IPv4 address',
    ipv6: 'IPv6 address',
  };
  return known[shape.format ?? ''] ?? [shape.type ?? 'any'].flat().join(' or ');
}
