// SPDX-License-Identifier: MIT
import { runCommand } from './program.ts';

const code = await runCommand(process.argv.slice(2));
// Not process.exit: what was written to a pipe must arrive first.
process.exitCode = code;
