// SPDX-License-Identifier: MIT
import { SystemStatus } from '@nftoggle/contracts';
import { askDaemon } from './ask-daemon.ts';

/** The time zone of the configuration, in which people are told times. */
export async function askTimezone(socket: string): Promise<string> {
  const { timezone } = await askDaemon(socket, { path: '/v1/status' }, SystemStatus);
  return timezone;
}
