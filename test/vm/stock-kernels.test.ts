// SPDX-License-Identifier: MIT
// nftoggle on kernels as Debian ships them, which have the `queue` statement of nftables. What runs there, and
// why, says kernels.ts.
import { beforeAll, describe, expect, it } from 'vitest';
import { type GuestRun, problemsOf, runGuest } from './guest-run.ts';
import { guestFiles, suites } from './kernels.ts';

/** In milliseconds: without KVM it takes some minutes. */
const deadline = 15 * 60_000;

describe.each(suites)("on Debian's kernel of %s", (suite) => {
  let run: GuestRun;

  beforeAll(async () => {
    expect(process.arch, 'the machine whose files the guest runs').toBe('x64');
    run = await runGuest(suite, deadline);
  }, deadline + 60_000);

  it.each(guestFiles)('$file', (guestFile) => {
    expect(problemsOf(run, guestFile).join('\n\n')).toBe('');
  });
});
