// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { Id } from './ids.ts';

export const Protocol = z.enum(['tcp', 'udp']);
export type Protocol = z.infer<typeof Protocol>;

/** An IPv4 or IPv6 address, roughly: exact patterns cost more than all the rest of a decision's way. */
export const Address = z.string().regex(/^[0-9a-fA-F:.]{2,45}$/);
export const MacAddress = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
export const Port = z.int().min(0).max(65_535);

/** Who asks: what the kernel saw of the sender of a first packet. */
export const FlowSource = z.object({
  address: Address,
  /** Hardware address of the sender; absent when the sender is not on-link (a router's would mislead). */
  mac: MacAddress.optional(),
  /**
   * Set for a private or link-local address on an interface that has no address of the LAN: a neighbour on the
   * provider's side, whose address says nothing about who it is and who is not on the LAN.
   */
  outside: z.literal(true).optional(),
});
export type FlowSource = z.infer<typeof FlowSource>;

/** The 5-tuple of a first packet, and the service whose ports it was sent to. */
export const Flow = z.object({
  service: Id,
  protocol: Protocol,
  source: FlowSource,
  sourcePort: Port,
  destination: Address,
  destinationPort: Port,
  /** Name of the network interface it came in by. */
  interface: z.string().max(15),
});
export type Flow = z.infer<typeof Flow>;
