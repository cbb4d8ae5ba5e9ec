// SPDX-License-Identifier: MIT
import { connect, holdConnection, SCAN_TYPES, scan, startTcpEcho } from '@nftoggle/lab';
import type { Stage } from './stage.ts';

const banner = 'SSH-2.0-OpenSSH_9.2';

/** A port vanishes for a scanner and opens for a friend. */
export async function invisibleSsh(stage: Stage): Promise<void> {
  const gateway = stage.gateway;
  stage.title('Invisible SSH');
  stage.say(
    'Three machines, made of network namespaces: real kernel, real packets, nothing outside is touched.',
  );
  stage.show(
    [
      `scanner ${stage.lab.host('scanner').ipv4} ─┐`,
      `                       ├─ Internet ─ ${gateway.ipv4}  gateway: SSH on port 22`,
      `friend  ${stage.lab.host('friend').ipv4}  ─┘`,
    ].join('\n'),
  );
  await startTcpEcho(gateway, { port: 22, greeting: banner });

  stage.chapter('Before: anybody can knock');
  const before = await stage.type('scanner', ['nmap', '-Pn', '-n', '-p', '22,23', gateway.ipv4], isPortLine);
  stage.claim('the scanner finds SSH', /22\/tcp\s+open/.test(before));

  stage.chapter('nftoggle guards the port');
  await stage.guard();

  stage.chapter('The scanner tries again');
  const after = await stage.type('scanner', ['nmap', '-Pn', '-n', '-p', '22,23', gateway.ipv4], isPortLine);
  stage.claim('port 22 says nothing any more; port 23, not guarded, answers as ever', isHidden(after));
  await scanEverything(stage);

  stage.chapter('The friend connects');
  const friend = stage.lab.host('friend');
  for (const address of [gateway.ipv4, gateway.ipv6]) {
    const first = await connect(friend, { address, port: 22, readMs: 1_000, timeoutMs: 5_000 });
    stage.claim(
      `${address} answers "${first.received}" at the first SYN`,
      first.connected && first.synRetransmits === 0 && first.received === banner,
      `${first.ms.toFixed(1)} ms with the question to policy; retransmits: ${first.synRetransmits}`,
    );
  }
  const asked = await stage.packetsAskedAbout();
  const again = await connect(friend, { address: gateway.ipv4, port: 22, readMs: 1_000 });
  const more = (await stage.packetsAskedAbout()) - asked;
  stage.claim(
    'from now on the kernel alone carries the traffic',
    again.received === banner && more === 0,
    `packets asked about: ${more} more; ${again.ms.toFixed(2)} ms`,
  );

  stage.chapter('Who may, and why');
  await stage.nftoggle('why', friend.ipv4, 'ssh');
  await stage.nftoggle('why', stage.lab.host('scanner').ipv4, 'ssh');

  await everythingDies(stage);

  stage.chapter('Undone');
  await stage.unguard();
  const undone = await scan(stage.lab.host('scanner'), gateway.ipv4, [22], 'S');
  stage.claim('the port is as it was before', undone.get(22) === 'open');
}

async function scanEverything(stage: Stage): Promise<void> {
  const scanner = stage.lab.host('scanner');
  const types = SCAN_TYPES.filter((type) => type !== 'U');
  stage.say(
    '',
    `  Every TCP scan that nmap has (${types.map((type) => `-s${type}`).join(' ')}), IPv4 and IPv6, while`,
  );
  stage.say('  tcpdump counts on the scanner what comes back:');
  const back = await stage.packetsBack('scanner', 'tcp src port 22', async () => {
    for (const type of types) {
      for (const address of [stage.gateway.ipv4, stage.gateway.ipv6])
        await scan(scanner, address, [22], type);
    }
  });
  stage.claim('nothing came back from port 22', back === 0, `${back} packets`);
}

async function everythingDies(stage: Stage): Promise<void> {
  stage.chapter('And if nftoggle dies?');
  const friend = stage.lab.host('friend');
  const scanner = stage.lab.host('scanner');
  const live = await holdConnection(friend, { address: stage.gateway.ipv4, port: 22 });
  stage.say('  kill -9 of interceptor, policy and nats-server, all at once, while the friend is logged in:');
  await stage.kill('interceptor', 'policy', 'nats-server');
  const back = await stage.packetsBack('scanner', 'tcp src port 22', () =>
    connect(scanner, { address: stage.gateway.ipv4, port: 22, timeoutMs: 500 }),
  );
  stage.claim('the port stays silent for the scanner', back === 0, `${back} packets`);
  live.send('still here');
  const answered = await live.waitForBytes('still here'.length, 5_000);
  stage.claim('the friend does not notice', answered && live.received.endsWith('still here'));
  await live.stop();
}

function isPortLine(line: string): boolean {
  return /^(PORT|\d+\/)/.test(line);
}

function isHidden(nmap: string): boolean {
  return /22\/tcp\s+filtered/.test(nmap) && /23\/tcp\s+closed/.test(nmap);
}
