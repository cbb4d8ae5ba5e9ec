// SPDX-License-Identifier: MIT
// The command `nftoggle`: starts and stops the daemons, and asks them over their unix socket.
export { CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
export { type Paths, resolvePaths } from './paths.ts';
export { runCommand } from './program.ts';
export { ensureKeys, type KeyOptions, seedFile } from './up/keys.ts';
