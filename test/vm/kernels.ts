// SPDX-License-Identifier: MIT
// Which stock kernels nftoggle is tried on, and what of it.

/** Releases of Debian, and what `uname -r` says on their kernels. */
const releases = { bookworm: /^6\.1\.0-\d+-amd64$/, trixie: /^6\.12\.\d+\+deb13-amd64$/ } as const;

export type Suite = keyof typeof releases;
export const suites = Object.keys(releases) as Suite[];

export function kernelOf(suite: string): RegExp {
  const release = suites.find((each) => each === suite);
  if (release === undefined)
    throw new TypeError(`no kernel of "${suite}" is tried: ${suites.join(', ')} are`);
  return releases[release];
}

/** A test file that runs on a stock kernel, and which tests of it: all that touch the kernel's queue, and are quick. */
export interface GuestFile {
  readonly file: string;
  /** Full names of its tests: those of the groups they are in, and their own, with ` > ` between them. */
  readonly tests: RegExp;
}

/** In the order of their length, the longest first. */
export const guestFiles: readonly GuestFile[] = [
  // That the kernel's own `queue` statement is in use, and the whole system on it.
  { file: 'test/vm/native-queue.guest.ts', tests: /^on a stock kernel/ },
  // That every kind of ruleset loads, that one is changed in place, and that damage is seen.
  {
    file: 'packages/interceptor/src/ruleset/table.test.ts',
    tests:
      /^Table, in a real kernel > (loads|turns .*ranges|lets nothing in|is as it was|leaves nothing|state.*(queue|flushed|panics|altered|nothing at all)|reads back)/,
  },
  // What a queue promises; not its floods and deaths, which take long and are the same on any kernel.
  {
    file: 'packages/interceptor/src/queue/packet-queue.test.ts',
    tests:
      /^in a real kernel > NativeQueue > (?!hands out every|goes on after|belongs to|is gone with|ends its process)/,
  },
];

/** For vitest, which takes one pattern for all files. */
export const anyGuestTest: string = guestFiles.map(({ tests }) => `(?:${tests.source})`).join('|');
