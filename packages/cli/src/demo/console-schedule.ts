// SPDX-License-Identifier: MIT
import {
  connect,
  type HeldConnection,
  type Host,
  holdConnection,
  lastByteAt,
  startHttpPage,
  startTcpPush,
} from '@nftoggle/lab';
import { pause } from '../pause.ts';
import { secondsLeft, timeLapse } from './console-time-lapse.ts';
import type { Stage } from './stage.ts';

const gamePort = 9295;

/** A game console with a schedule and an allowance, and a download that neither of them touches. */
export async function consoleSchedule(stage: Stage): Promise<void> {
  const [console_, server] = [stage.lab.host('console'), stage.lab.host('friend')];
  await introduce(stage, console_, server);

  stage.chapter('The rules, as the family wrote them');
  const { path } = stage.config;
  await stage.nftoggleOffline('schedule', 'leo', '--config', path);
  await stage.nftoggleOffline('why', 'console', 'online-play', '--at', 'tue 20:00', '--config', path);

  const lapse = timeLapse(stage.config.text, new Date());
  stage.chapter('Time lapse');
  stage.say(
    '  A demo cannot wait for Saturday. It plays with the same file and other times: a window that closes in',
    `  ${lapse.windowSeconds} s, ${lapse.allowanceSeconds} s a day instead of 2 h, measured every 2 s.`,
  );
  stage.show(lapse.changed.join('\n'));
  stage.changeConfig('time-lapse.yml', lapse.text);
  await stage.guard();

  const update = await download(console_, server);
  await spendAllowance(stage, console_, server, lapse.allowanceSeconds);
  await playUntilWindowEnds(stage, console_, server, lapse.windowEnd);
  await parentOpens(stage, console_, server);

  stage.chapter('And all the time');
  stage.claim(
    'the download went on: what is not guarded is not touched',
    await update.waitForBytes(10, 3_000),
  );
  await update.stop();
  await stage.unguard();
}

async function introduce(stage: Stage, console_: Host, server: Host): Promise<void> {
  stage.title('A game console with a schedule');
  stage.say('Leo may play online after school and at weekends, two hours a day on all his devices together.');
  stage.say('Updates and cloud saves of the console are to work at any time.');
  stage.show(
    [
      `console ${console_.ipv4} ─┐`,
      '                      ├─ LAN ─ gateway ─ Internet ─ game server, port 9295; updates, port 443',
      `tablet  ${stage.lab.host('laptop').ipv4} ─┘`,
    ].join('\n'),
  );
  await startTcpPush(server, { port: [gamePort, 443], intervalMs: 10 });
  await startHttpPage(server, { port: 80 });
}

const play = (from: Host, server: Host, family: 'ipv4' | 'ipv6' = 'ipv4'): Promise<HeldConnection> =>
  holdConnection(from, { address: server[family], port: gamePort, timeoutMs: 3_000 });
const download = (from: Host, server: Host): Promise<HeldConnection> =>
  holdConnection(from, { address: server.ipv4, port: 443, timeoutMs: 3_000 });
const mayPlay = async (from: Host, server: Host): Promise<boolean> =>
  (await connect(from, { address: server.ipv4, port: gamePort, timeoutMs: 1_500 })).connected;

async function spendAllowance(stage: Stage, console_: Host, server: Host, seconds: number): Promise<void> {
  stage.chapter('Leo plays');
  const tablet = stage.lab.host('laptop');
  const begun = performance.now();
  const games = [
    await play(console_, server),
    await play(console_, server, 'ipv6'),
    await play(tablet, server),
  ];
  stage.claim('console and tablet are in, IPv4 and IPv6, at the first packet', games.length === 3);
  await pause(3_000);
  await stage.nftoggle('allowances', 'leo');
  for (const game of games) await lastByteAt(game, 60_000);
  const played = (performance.now() - begun) / 1_000;
  stage.claim(
    `when ${seconds} s are used up the games end, on both devices`,
    played > seconds - 1 && played < seconds + 6,
    `after ${played.toFixed(1)} s`,
  );
  stage.claim('and cannot be joined again', !(await mayPlay(tablet, server)));
  await stage.nftoggle('why', 'console', 'online-play');
  for (const game of games) await game.stop();
}

async function playUntilWindowEnds(stage: Stage, console_: Host, server: Host, end: Date): Promise<void> {
  stage.chapter('A good mark in maths: more time for today');
  await stage.nftoggle('bonus', 'leo', '+1h', '--why', 'maths');
  const game = await play(console_, server);
  stage.claim('he plays on', await game.waitForBytes(10, 3_000));

  stage.chapter('The window closes');
  stage.say(`  In ${secondsLeft(end)} s it is time for bed, whatever is left of the allowance.`);
  const ended = (await lastByteAt(game, 90_000)) ?? Number.NaN;
  const late = (ended - end.getTime()) / 1_000;
  stage.claim('the game ends when the window does', Math.abs(late) < 2, `${late.toFixed(2)} s after`);
  stage.claim('no new one begins', !(await mayPlay(console_, server)));
  await game.stop();
}

async function parentOpens(stage: Stage, console_: Host, server: Host): Promise<void> {
  stage.chapter('Just this once');
  await stage.nftoggle('open', 'online-play', '--for', '30m', '--from', 'leo', '--why', 'the final');
  stage.claim('a grant opens beyond the window', await mayPlay(console_, server));
  const game = await play(console_, server);
  await stage.nftoggle('close', 'online-play');
  const revoked = Date.now();
  const ended = (await lastByteAt(game, 20_000)) ?? Number.NaN;
  stage.claim('and closing it ends the game', ended - revoked < 2_000);
  await game.stop();
}
