// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import {
  type CloudEvent,
  cloudEvent,
  type Daemon,
  type EventData,
  type EventType,
} from '@nftoggle/contracts';

export interface Author {
  readonly node: string;
  readonly daemon: Daemon;
}

/** @throws ZodError when the data is not what the table promises: that is a fault of the author */
export function envelope<T extends EventType>(
  { node, daemon }: Author,
  type: T,
  data: EventData<T>,
  about: string | undefined,
): CloudEvent<T> {
  const event: CloudEvent<T> = {
    specversion: '1.0',
    id: randomUUID(),
    source: `/nftoggle/${node}/${daemon}`,
    type,
    ...(about === undefined ? {} : { subject: about }),
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data,
  };
  return eventSchema(type).parse(event) as CloudEvent<T>;
}

/** Undefined for what is not an event of that type. */
export function readEvent<T extends EventType>(type: T, json: unknown): CloudEvent<T> | undefined {
  return eventSchema(type).safeParse(json).data as CloudEvent<T> | undefined;
}

/** Making a schema costs more than using it, so each is made once. */
const eventSchemas = new Map<EventType, ReturnType<typeof cloudEvent>>();

function eventSchema(type: EventType): ReturnType<typeof cloudEvent> {
  const schema = eventSchemas.get(type) ?? cloudEvent(type);
  eventSchemas.set(type, schema);
  return schema;
}
