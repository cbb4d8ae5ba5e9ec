// SPDX-License-Identifier: MIT
import { endOfReading } from './endings.ts';
import { runCommand } from './program.ts';

endOfReading();
const code = await runCommand(process.argv.slice(2));
// Not process.exit: what was written to a pipe must arrive first.
process.exitCode = code;
