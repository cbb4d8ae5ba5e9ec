// SPDX-License-Identifier: MIT
import {
  captureMagicPackets,
  type Host,
  putToSleep,
  SCAN_TYPES,
  type SleepingHost,
  scan,
  startMinecraftServer,
  type Visit,
  visitMinecraft,
} from '@nftoggle/lab';
import { pause } from '../pause.ts';
import type { Stage } from './stage.ts';

const port = 25_565;
const motd = "Tom & Ada's attic";
/** As a machine takes that was suspended, in milliseconds. */
const bootMs = 6_000;

/** A game server that sleeps until a friend wants to play. */
export async function wakeMinecraft(stage: Stage): Promise<void> {
  const nas = stage.lab.host('server');
  await introduce(stage, nas);
  const asleep = await putToSleep(nas, { bootMs, speaksUp: true });
  stage.chapter('It sleeps');
  const looked = await stage.type('gateway', ['nmap', '-sn', '-n', nas.ipv4], isResult);
  stage.claim('nobody answers at its address', looked.includes('(0 hosts up)'));
  await stage.guard();
  await stage.nftoggle('doctor', 'wake', 'nas');

  await strangerScans(stage, nas, asleep);
  await friendPlays(stage, asleep);
  await asleepAgain(stage, nas);
  await stage.unguard();
}

async function introduce(stage: Stage, nas: Host): Promise<void> {
  const { gateway, lab } = stage;
  stage.title('A Minecraft server that sleeps');
  stage.say('It costs 60 W and is played on two evenings a week. So it sleeps, and wakes for friends alone.');
  stage.show(
    [
      `stranger ${lab.host('scanner').ipv4} ─┐`,
      `                        ├─ Internet ─ ${gateway.ipv4} gateway ─ LAN ─ nas ${nas.ipv4}`,
      `friend   ${lab.host('friend').ipv4}  ─┘                                   Minecraft, port ${port}`,
    ].join('\n'),
  );
  await startMinecraftServer(nas, { port, motd, players: ['Tom'] });
}

async function strangerScans(stage: Stage, nas: Host, asleep: SleepingHost): Promise<void> {
  stage.chapter('A stranger scans');
  const { gateway, lab } = stage;
  const magic = await captureMagicPackets(gateway, 'lan');
  const types = SCAN_TYPES.filter((type) => type !== 'U');
  stage.say(`  Every TCP scan that nmap has, on the gateway and on the nas, IPv4 and IPv6:`);
  const addresses = [gateway.ipv4, gateway.ipv6, nas.ipv4, nas.ipv6];
  const back = await stage.packetsBack('scanner', `tcp src port ${port}`, () =>
    Promise.all(
      addresses.map(async (address) => {
        for (const type of types) await scan(lab.host('scanner'), address, [port], type);
      }),
    ),
  );
  const { count } = await magic.stop();
  stage.claim('nothing came back', back === 0, `${back} packets`);
  stage.claim('and nothing was woken', count === 0 && asleep.wokenBy === undefined, `${count} magic packets`);
}

async function friendPlays(stage: Stage, asleep: SleepingHost): Promise<void> {
  stage.chapter('The friend opens the server list');
  const { gateway } = stage;
  const magic = await captureMagicPackets(gateway, 'lan');
  const visiting = visit(stage, gateway.ipv4);
  stage.say(`  Minecraft connects to ${gateway.ipv4}. The first packet is held:`);
  // Until the question is answered and the first magic packets are out.
  await pause(1_000);
  await stage.nftoggle('status');
  const { status, login, problem } = await visiting;
  const { count } = await magic.stop();
  stage.claim(
    'a magic packet went over the LAN, and the nas started',
    asleep.wokenBy !== undefined,
    `${count} seen`,
  );
  stage.claim(
    `the server list shows "${motd}", at the first try`,
    status?.motd === motd,
    status === null
      ? `${problem}`
      : `connected after ${seconds(status.connectMs)}, ping ${milliseconds(status.pingMs)}`,
  );
  stage.claim('Tom is in the game', login?.profile?.name === 'Tom', login?.profile?.uuid);
  const again = await Promise.all([visit(stage, gateway.ipv6), visit(stage, stage.lab.host('server').ipv4)]);
  stage.claim(
    'from now on everything goes at once, by IPv6 and by the own address of the nas as well',
    again.every(({ status: seen }) => seen !== null && seen.connectMs < 1_000),
    again.map(({ status: seen }) => milliseconds(seen?.connectMs ?? Number.NaN)).join(', '),
  );
  await stage.nftoggle('why', stage.lab.host('friend').ipv4, 'minecraft');
}

async function asleepAgain(stage: Stage, nas: Host): Promise<void> {
  stage.chapter('It falls asleep again, and is woken by hand');
  await putToSleep(nas, { bootMs: 3_000, speaksUp: true });
  const trace = await stage.nftoggle('wake', 'nas', '--trace');
  stage.claim('each step is shown with its time', trace.includes('is ready after'));
  await stage.nftoggle('status');
}

const visit = (stage: Stage, address: string): Promise<Visit> =>
  visitMinecraft(stage.lab.host('friend'), { address, port, name: 'Tom' });
const isResult = (line: string): boolean => line.startsWith('Nmap done');
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
const milliseconds = (ms: number): string => `${ms.toFixed(1)} ms`;
