// SPDX-License-Identifier: MIT

/** How often it is logged that something goes wrong again and again, in milliseconds. */
export const logInterval = 10_000;
