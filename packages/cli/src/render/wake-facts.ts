// SPDX-License-Identifier: MIT
import { type Config, formatDuration, type Readiness, type Wake } from '@nftoggle/config';

/** How a device is woken, in the words of the file. */
export interface WakeFacts {
  readonly device: string;
  /** The command, or whom magic packets name. */
  readonly by: string;
  readonly ready: string;
  readonly timeout: string;
  /** Services whose first packets wake it; `nftoggle wake` does in any case. */
  readonly services: readonly string[];
}

export function wakeFacts({ devices, services }: Config): readonly WakeFacts[] {
  return [...devices.values()].flatMap(({ name, macs, wake }) => {
    if (wake === null) return [];
    const waking = [...services.values()].filter(({ to, wakes }) => wakes && to.includes(name));
    return [
      {
        device: name,
        by: wakenBy(wake, macs),
        ready: readyText(wake.ready),
        timeout: formatDuration(wake.timeout),
        services: waking.map((service) => service.name),
      },
    ];
  });
}

function wakenBy({ run }: Wake, macs: readonly string[]): string {
  return run === null ? macs.join(' ') : `runs ${run.join(' ')}`;
}

function readyText(ready: Readiness): string {
  switch (ready.kind) {
    case 'asked':
      return 'the asked port answers';
    case 'tcp':
      return `${ready.port}/tcp answers`;
    case 'ping':
      return 'it answers a ping';
    case 'settle':
      return `${formatDuration(ready.seconds)} after it first answers`;
  }
}
