// SPDX-License-Identifier: MIT
import { suggest } from '@nftoggle/config';
import { Id, SystemStatus } from '@nftoggle/contracts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { askDaemon } from './ask-daemon.ts';

/**
 * Does something with a device that can be woken. Where it turns out that there is none of that name, those that there
 * are, and the one that may be meant, are told.
 */
export async function withWakeable<T>(socket: string, device: string, use: () => Promise<T>): Promise<T> {
  try {
    if (!Id.safeParse(device).success) throw unknown(`${JSON.stringify(device)} is the name of no device`);
    return await use();
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode !== exitCodes.notFound) throw error;
    throw await withHint(socket, device, error);
  }
}

async function withHint(socket: string, device: string, refused: CommandError): Promise<CommandError> {
  const { wol } = await askDaemon(socket, { path: '/v1/status' }, SystemStatus);
  const names = wol?.devices.map(({ device: name }) => name);
  if (names === undefined || names.includes(device)) return refused;
  return unknown(`${refused.message.replace(/\.$/, '')}. ${hint(device, names)}`);
}

function hint(device: string, names: readonly string[]): string {
  if (names.length === 0) return 'No device of the configuration has "wake:".';
  const near = suggest(device, names);
  return near === null ? `Those that can be woken: ${names.join(', ')}.` : `Did you mean "${near}"?`;
}

function unknown(message: string): CommandError {
  return new CommandError(exitCodes.notFound, message);
}
