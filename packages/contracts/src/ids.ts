// SPDX-License-Identifier: MIT
import { z } from 'zod';

/**
 * The one grammar of every name a user gives: services, devices, groups, nodes.
 * It is valid as a NATS subject token, an nftables identifier part and a metric label alike.
 */
export const idPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const Id = z
  .string()
  .regex(idPattern, 'use lower-case letters, digits, "-" and "_", starting with a letter or digit');
export type Id = z.infer<typeof Id>;

/** Turns any text (a host name, say) into an id; text without a usable character becomes `fallback`. */
export function toId(text: string, fallback: Id): Id {
  const id = text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 63);
  return id === '' ? fallback : id;
}
