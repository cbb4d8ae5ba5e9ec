// SPDX-License-Identifier: MIT
import type { Command } from 'commander';
import { type ClientOptions, outputOption, stateOption } from './options.ts';

/** Commands about machines that sleep, and what keeps them from waking. */
export function addWaking(program: Command): void {
  program
    .command('wake')
    .description('wake a device and wait until it is ready')
    .argument('<device>', 'the name of a device that has `wake:`')
    .option('--trace', 'show each step as it happens, with its time')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (device: string, options: ClientOptions & { trace?: boolean }) => {
      const { wakeDevice } = await import('../commands/wake.ts');
      await wakeDevice(device, options);
    });
  addDoctor(program);
}

/** One topic for each thing that may be ill. */
function addDoctor(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('look for what is wrong, and say what to do about it')
    .helpCommand(false);
  doctor
    .command('wake')
    .description('look at everything that waking a device depends on, and wake nothing')
    .argument('<device>', 'the name of a device that has `wake:`')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (device: string, options: ClientOptions) => {
      const { examineWake } = await import('../commands/doctor-wake.ts');
      await examineWake(device, options);
    });
}
