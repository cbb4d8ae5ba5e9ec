// SPDX-License-Identifier: MIT
import { z } from 'zod';

/** The reply when a question itself is wrong, told so that the next one is not. */
export const Refusal = z.object({
  error: z.enum([
    'unknown_service',
    'unknown_source',
    'unknown_person',
    'unknown_grant',
    'unknown_name',
    'unknown_hook',
    'unknown_letter',
    'wrong_time',
    'no_allowance',
    'too_many',
    'not_ready',
  ]),
  message: z.string(),
});
export type Refusal = z.infer<typeof Refusal>;
