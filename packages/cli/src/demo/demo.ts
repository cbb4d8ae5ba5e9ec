// SPDX-License-Identifier: MIT
import { join } from 'node:path';
import { createLab, type HostName, labObstacles } from '@nftoggle/lab';
import { CommandError, type ExitCode, exitCodes } from '../exit-codes.ts';
import { printLine } from '../output.ts';
import { paintFor } from '../paint.ts';
import { projectRoot } from '../paths.ts';
import { consoleSchedule } from './console-schedule.ts';
import { invisibleSsh } from './invisible-ssh.ts';
import { iotContainment } from './iot-containment.ts';
import { Stage } from './stage.ts';
import { wakeMinecraft } from './wake-minecraft.ts';

interface Story {
  readonly hosts: readonly HostName[];
  readonly tell: (stage: Stage) => Promise<void>;
}

/** Each story plays with the configuration of the example of the same name. */
export const stories: Readonly<Record<string, Story>> = {
  'console-schedule': { hosts: ['gateway', 'friend', 'console', 'laptop'], tell: consoleSchedule },
  'invisible-ssh': { hosts: ['gateway', 'scanner', 'friend'], tell: invisibleSsh },
  'iot-containment': { hosts: ['gateway', 'friend', 'laptop', 'camera', 'admin'], tell: iotContainment },
  'wake-minecraft': { hosts: ['gateway', 'scanner', 'friend', 'server'], tell: wakeMinecraft },
};

/** Tells a story with real packets in a network of its own, and fails when a claim in it does not hold. */
export async function demo(name: string): Promise<ExitCode> {
  const story = stories[name];
  if (story === undefined) {
    throw new CommandError(
      exitCodes.notFound,
      `there is no demo "${name}". There are: ${Object.keys(stories).join(', ')}`,
    );
  }
  const [obstacle] = labObstacles();
  if (obstacle !== undefined)
    throw new CommandError(exitCodes.cannotStart, `the demo cannot run: ${obstacle}`);
  await using lab = await createLab({ only: story.hosts });
  const config = join(projectRoot, 'examples', name, 'nftoggle.yml');
  const stage = new Stage(lab, config, paintFor(process.stdout), (line) => printLine(process.stdout, line));
  try {
    await story.tell(stage);
  } finally {
    await stage.close();
  }
  return conclude(stage, name);
}

function conclude(stage: Stage, name: string): ExitCode {
  const { made, failed } = stage.claims;
  if (failed.length === 0) {
    stage.say(
      '',
      `All ${made} claims held. The configuration is examples/${name}/nftoggle.yml, and its README says more.`,
    );
    return exitCodes.ok;
  }
  stage.say('', `${failed.length} of ${made} claims did not hold:`, ...failed.map((claim) => `  ✗ ${claim}`));
  return exitCodes.failed;
}
