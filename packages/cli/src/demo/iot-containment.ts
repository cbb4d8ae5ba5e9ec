// SPDX-License-Identifier: MIT
import { connect, type Host, SCAN_TYPES, scan, startHttpPage, startTcpEcho } from '@nftoggle/lab';
import type { Stage } from './stage.ts';

/** A camera that somebody else controls, and two admin interfaces that it must never even see. */
export async function iotContainment(stage: Stage): Promise<void> {
  const { gateway, lab } = stage;
  const [camera, laptop, console_] = [lab.host('camera'), lab.host('laptop'), lab.host('admin')];
  const router = { host: gateway, ipv4: gateway.on('lan').ipv4, ipv6: gateway.on('lan').ipv6 };
  stage.title('A compromised camera');
  stage.say(
    "The camera on your LAN runs somebody else's firmware, and since last night somebody else's commands.",
  );
  stage.show(
    [
      'camera 192.168.1.66 ─┐',
      `laptop 192.168.1.10 ─┼─ LAN ─ ${router.ipv4} gateway 192.168.2.1 ─ admin network ─ console ${console_.ipv4}`,
      '                     ┘        web admin, port 443                               web admin, port 443',
    ].join('\n'),
  );
  await startHttpPage(gateway, { port: 443 });
  await startHttpPage(console_, { port: 443 });
  const cloud = await startTcpEcho(lab.host('friend'), { port: 443 });

  stage.chapter('Before: it sees everything');
  const before = await stage.type(
    'camera',
    ['nmap', '-Pn', '-n', '-p', '443', router.ipv4, console_.ipv4],
    isReportLine,
  );
  stage.claim(
    'both admin interfaces answer the camera',
    (before.match(/443\/tcp\s+open/g) ?? []).length === 2,
  );

  stage.chapter('nftoggle guards both: only the laptop may');
  await stage.guard();

  stage.chapter('The camera looks again');
  const after = await stage.type(
    'camera',
    ['nmap', '-Pn', '-n', '-p', '443', router.ipv4, console_.ipv4],
    isReportLine,
  );
  stage.claim('it finds neither', (after.match(/443\/tcp\s+filtered/g) ?? []).length === 2);
  for (const [name, address4, address6] of [
    ['the gateway', router.ipv4, router.ipv6],
    ['the console on the admin network', console_.ipv4, console_.ipv6],
  ] as const) {
    const back = await countBack(stage, camera, [address4, address6]);
    stage.claim(
      `${name} sends it nothing, whatever nmap tries, IPv4 and IPv6`,
      back === 0,
      `${back} packets`,
    );
  }
  const outside = await connect(camera, { address: lab.host('friend').ipv4, port: 443, timeoutMs: 3_000 });
  stage.claim('its own cloud it still reaches: what is not guarded is not touched', outside.connected);
  await cloud.stop();

  stage.chapter('The laptop works as ever');
  for (const address of [router.ipv4, router.ipv6, console_.ipv4, console_.ipv6]) {
    const page = await connect(laptop, { address, port: 443, timeoutMs: 5_000 });
    stage.claim(
      `${address} lets the laptop in at the first SYN`,
      page.connected && page.synRetransmits === 0,
      `${page.ms.toFixed(1)} ms`,
    );
  }

  stage.chapter('And the camera cannot come in beside it');
  stage.say('  The laptop has sessions now. The camera shares its network, its prefix and its cable:');
  const beside = await countBack(stage, camera, [router.ipv6, console_.ipv6]);
  stage.claim('a session opens for the laptop alone', beside === 0, `${beside} packets`);
  await stage.nftoggle('why', 'camera', 'console-admin');
  await stage.nftoggle('status');

  await stage.unguard();
}

function countBack(stage: Stage, camera: Host, addresses: readonly string[]): Promise<number> {
  return stage.packetsBack('camera', 'tcp src port 443', async () => {
    for (const address of addresses) {
      for (const type of SCAN_TYPES.filter((each) => each !== 'U')) await scan(camera, address, [443], type);
    }
  });
}

function isReportLine(line: string): boolean {
  return /^(Nmap scan report|PORT|\d+\/)/.test(line);
}
