// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labObstacles } from './available.ts';
import { capturePackets } from './capture.ts';
import { connect } from './connect.ts';
import { udpExchange } from './datagrams.ts';
import { createLab, type Lab } from './lab.ts';

describe.skipIf(labObstacles().length > 0)('capturePackets', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab({ only: ['gateway', 'scanner'] });
  });
  afterAll(() => lab.close());

  it.each(['ipv4', 'ipv6'] as const)(
    'counts a burst exactly, its last packet included (%s)',
    async (family) => {
      const gateway = lab.host('gateway');
      const capture = await capturePackets(gateway, 'wan', 'udp dst port 9000');
      const sent = await udpExchange(lab.host('scanner'), {
        address: gateway[family],
        port: 9000,
        count: 200,
        timeoutMs: 0,
      });
      const { count, dropped, lines } = await capture.stop();
      expect({ sent: sent.sent, count, dropped }).toEqual({ sent: 200, count: 200, dropped: 0 });
      expect(lines[0]).toContain(`.9000: UDP, length 1`);
    },
  );

  it('loses nothing when tcpdump lags behind the packets', async () => {
    const gateway = lab.host('gateway');
    const sentByGateway = async () => {
      const { stdout } = await gateway.run(['ip', '-s', '-j', 'link', 'show', 'wan']);
      const [link] = JSON.parse(stdout) as [{ stats64: { tx: { packets: number } } }];
      return link.stats64.tx.packets;
    };
    const capture = await capturePackets(gateway, 'wan', 'udp dst port 9000');
    process.kill(capture.pid, 'SIGSTOP');
    await udpExchange(lab.host('scanner'), { address: gateway.ipv4, port: 9000, count: 200, timeoutMs: 0 });
    const before = await sentByGateway();
    const stopping = capture.stop();
    await expect.poll(sentByGateway).toBeGreaterThan(before);
    process.kill(capture.pid, 'SIGCONT');
    expect(await stopping).toMatchObject({ count: 200, dropped: 0 });
  });

  it('sees both directions: the SYN and the RST of a closed port', async () => {
    const capture = await capturePackets(lab.host('scanner'), 'eth0', 'tcp port 9001');
    await connect(lab.host('scanner'), { address: lab.host('gateway').ipv4, port: 9001 });
    const { lines } = await capture.stop();
    expect(lines.map((line) => /Flags \[([^\]]+)\]/.exec(line)?.[1])).toEqual(['S', 'R.']);
  });

  it('counts nothing when nothing passes, its own marker least of all', async () => {
    const host = lab.host('gateway');
    const capture = await capturePackets(host, 'lan', '');
    expect(await capture.stop()).toEqual({ lines: [], count: 0, dropped: 0 });
  });

  it('does not see the marker of another capture on the same wire', async () => {
    const host = lab.host('scanner');
    const outer = await capturePackets(host, 'eth0', 'tcp port 9002');
    const far = await capturePackets(lab.host('gateway'), 'wan', 'tcp port 9002');
    const inner = await capturePackets(host, 'eth0', 'tcp port 9002');
    expect((await inner.stop()).count).toBe(0);
    await connect(host, { address: lab.host('gateway').ipv6, port: 9002 });
    expect((await outer.stop()).count).toBe(2);
    expect((await far.stop()).count).toBe(2);
  });

  it('waits for a packet that is still to come', async () => {
    const host = lab.host('scanner');
    const capture = await capturePackets(host, 'eth0', 'tcp port 9003');
    const seen = capture.waitForPacket(/Flags \[R/, 5000);
    await connect(host, { address: lab.host('gateway').ipv4, port: 9003 });
    expect(await seen).toContain('203.0.113.1.9003 > 203.0.113.66.');
    await capture.stop();
  });

  it('refuses a filter that tcpdump does not understand', async () => {
    await expect(capturePackets(lab.host('scanner'), 'eth0', 'no such thing')).rejects.toThrow(/tcpdump/);
  });
});
