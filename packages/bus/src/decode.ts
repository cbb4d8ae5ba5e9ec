// SPDX-License-Identifier: MIT

/** Larger messages are neither sent nor believed, in bytes. */
export const maxMessage = 256 * 1024;
/** The same without the headers of a message, which the server counts as well. */
export const maxPayload = maxMessage - 1_024;

const text = new TextDecoder();

/** The JSON of a message; what is none is undefined, which fits no schema, and is reported as a wrong shape. */
export function decode(data: Uint8Array): unknown {
  if (data.length > maxMessage) return undefined;
  try {
    return JSON.parse(text.decode(data));
  } catch {
    return undefined;
  }
}
