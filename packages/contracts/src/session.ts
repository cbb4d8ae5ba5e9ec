// SPDX-License-Identifier: MIT
import { z } from 'zod';

/** Of one session of one source, in all daemons and for ever. */
export const SessionId = z.string().regex(/^[a-z0-9]{10,20}$/);
export type SessionId = z.infer<typeof SessionId>;

/** IP packets of one direction, and their bytes with all headers, as conntrack counts them. */
export const Traffic = z.object({ packets: z.int().min(0), bytes: z.int().min(0) });
export type Traffic = z.infer<typeof Traffic>;

/** What a session was used for so far. */
export const SessionUse = z.object({
  /** Connections that it had, open and closed. */
  connections: z.int().min(0),
  /** Seconds in which something was moved, to about a tick of the measurement. */
  active: z.number().min(0),
  /** From the source to the service; null where the kernel does not count (`nf_conntrack_acct`). */
  from_source: Traffic.nullable(),
  /** From the service to the source; null exactly when `from_source` is. */
  to_source: Traffic.nullable(),
});
export type SessionUse = z.infer<typeof SessionUse>;
