// SPDX-License-Identifier: MIT
import { z } from 'zod';

/** A point in time as ISO 8601 text in UTC. */
export const Instant = z.iso.datetime();
