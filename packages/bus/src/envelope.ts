// SPDX-License-Identifier: MIT
import {
  type CloudEvent,
  cloudEvent,
  type Daemon,
  type EventData,
  type EventType,
  eventPattern,
  eventTypes,
} from '@nftoggle/contracts';
import { decode } from './decode.ts';
import { eventId } from './event-id.ts';

export interface Author {
  readonly node: string;
  readonly daemon: Daemon;
}

/** What an event is known by: the same one published again has both again. */
export interface EventIdentity {
  /** A UUID; `eventId` makes one. */
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
}

/** @throws ZodError when the data is not what the table promises: that is a fault of the author */
export function envelope<T extends EventType>(
  { node, daemon }: Author,
  type: T,
  data: EventData<T>,
  about: string | undefined,
  identity: EventIdentity = newIdentity(),
): CloudEvent<T> {
  const event: CloudEvent<T> = {
    specversion: '1.0',
    id: identity.id,
    source: `/nftoggle/${node}/${daemon}`,
    type,
    ...(about === undefined ? {} : { subject: about }),
    time: identity.time,
    datacontenttype: 'application/json',
    data,
  };
  return eventSchema(type).parse(event) as CloudEvent<T>;
}

function newIdentity(): EventIdentity {
  const now = new Date();
  return { id: eventId(now), time: now.toISOString() };
}

/** Undefined for what is not an event of that type. */
export function readEvent<T extends EventType>(type: T, json: unknown): CloudEvent<T> | undefined {
  return eventSchema(type).safeParse(json).data as CloudEvent<T> | undefined;
}

/** Undefined for what is not an event of the type that the subject is for: nobody speaks as somebody else. */
export function readMessage(subject: string, data: Uint8Array): CloudEvent | undefined {
  const type = typeOf(subject);
  return type === undefined ? undefined : readEvent(type, decode(data));
}

const typesByWords = new Map(eventTypes.map((type) => [wordsOf(eventPattern('*', type)), type]));

function typeOf(subject: string): EventType | undefined {
  return typesByWords.get(wordsOf(subject));
}

/** Area and verb: `nftoggle.v1.<node>.<area>.<verb>.<track>`. */
function wordsOf(subject: string): string {
  return subject.split('.').slice(3, 5).join('.');
}

/** Making a schema costs more than using it, so each is made once. */
const eventSchemas = new Map<EventType, ReturnType<typeof cloudEvent>>();

function eventSchema(type: EventType): ReturnType<typeof cloudEvent> {
  const schema = eventSchemas.get(type) ?? cloudEvent(type);
  eventSchemas.set(type, schema);
  return schema;
}
