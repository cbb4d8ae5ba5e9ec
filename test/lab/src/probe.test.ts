// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labObstacles } from './available.ts';
import { capturePackets } from './capture.ts';
import { connect, connectMany, holdConnection } from './connect.ts';
import { udpExchange } from './datagrams.ts';
import { createLab, type Lab } from './lab.ts';
import type { Host } from './namespace.ts';
import { rawPackets } from './raw-packets.ts';
import { parseNmapXml, SCAN_TYPES, type ScanType, scan } from './scan.ts';
import { startHttpPage, startTcpEcho, startTcpPush, startUdpEcho } from './services.ts';

const ECHO = 7000;
const CLOSED = 7001;
const SILENT = 7002;

describe.skipIf(labObstacles().length > 0).each(['ipv4', 'ipv6'] as const)('probes over %s', (family) => {
  let lab: Lab;
  let scanner: Host;
  let gateway: Host;
  let address: string;

  beforeAll(async () => {
    lab = await createLab({ only: ['gateway', 'scanner'] });
    scanner = lab.host('scanner');
    gateway = lab.host('gateway');
    address = gateway[family];
    await startTcpEcho(gateway, { port: [ECHO, ECHO + 10], greeting: 'hello\n' });
    await gateway.loadRuleset(`table inet silent {
      chain input { type filter hook input priority filter; policy accept;
        meta l4proto { tcp, udp } th dport ${SILENT} drop
      }
    }`);
  });
  afterAll(() => lab.close());

  it('measures a connection to an open port: no retransmit, well under a second', async () => {
    const result = await connect(scanner, { address, port: ECHO, payload: 'ping "\\' });
    expect(result).toMatchObject({
      connected: true,
      errno: null,
      synRetransmits: 0,
      received: 'hello\nping "\\',
    });
    expect(result.ms).toBeLessThan(500);
  });

  it('tells a closed port from a silent one', async () => {
    expect((await connect(scanner, { address, port: CLOSED })).errno).toBe('ECONNREFUSED');
    const silent = await connect(scanner, { address, port: SILENT, timeoutMs: 1500 });
    expect(silent).toMatchObject({ connected: false, errno: 'ETIMEDOUT', synRetransmits: 1 });
    expect(silent.ms).toBeGreaterThanOrEqual(1500);
  });

  it('uses the source port it is told to, again and again when connections are reset', async () => {
    const capture = await capturePackets(gateway, 'wan', `dst port ${ECHO}`);
    const results = await connectMany(scanner, 3, { address, port: ECHO, from: 20_000, reset: true });
    expect(results.map((each) => each.connected)).toEqual([true, true, true]);
    const { lines } = await capture.stop();
    const syns = lines.filter((line) => line.includes('Flags [S]'));
    expect(syns).toHaveLength(3);
    expect(syns.every((line) => line.includes('.20000 > '))).toBe(true);
  });

  it('connects hundreds of times without a retransmit', async () => {
    const results = await connectMany(scanner, 300, { address, port: ECHO, reset: true });
    expect(results.filter((each) => each.connected && each.synRetransmits === 0)).toHaveLength(300);
  });

  it('puts the payload into the SYN', async () => {
    const capture = await capturePackets(gateway, 'wan', `dst port ${ECHO}`);
    const result = await connect(scanner, { address, port: ECHO, payload: 'early', fastOpen: true });
    expect(result.received).toBe('hello\nearly');
    const { lines } = await capture.stop();
    expect(lines[0]).toMatch(/Flags \[S\].* length 5\b/);
  });

  it('keeps a connection, talks over it, and notices its end', async () => {
    const push = await startTcpPush(gateway, { port: 7100, intervalMs: 20 });
    const held = await holdConnection(scanner, { address, port: 7100 });
    expect(await held.waitForBytes(3, 5000)).toBe(true);
    expect(held.received).toMatch(/^\.{3,}$/);
    expect(held.closed).toBeUndefined();
    await push.stop();
    expect(await held.waitForClose(5000)).toBeDefined();
    expect(await held.waitForBytes(1, 10_000)).toBe(false);

    const echo = await holdConnection(scanner, { address, port: ECHO });
    await echo.waitForBytes(6, 5000);
    echo.send('more');
    expect(await echo.waitForBytes(4, 5000)).toBe(true);
    expect(echo.received).toBe('hello\nmore');
    await echo.stop();
  });

  it('reads a page', async () => {
    const page = await startHttpPage(gateway, { port: 7080, body: 'a page' });
    const answer = await connect(scanner, { address, port: 7080, payload: 'GET / HTTP/1.0\r\n\r\n' });
    expect(answer.received).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\na page$/);
    expect(page.connections.map((peer) => peer.address)).toEqual([scanner[family]]);
  });

  it('exchanges datagrams in order, both ends telling the same', async () => {
    const echo = await startUdpEcho(gateway, { port: 7000 });
    const result = await udpExchange(scanner, {
      address,
      port: 7000,
      count: 20,
      sourcePort: 20_001,
      size: 100,
    });
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    expect(result).toEqual({ sent: 20, received: numbers, errno: null });
    expect(echo.datagrams.map((each) => Number.parseInt(each.text, 10))).toEqual(numbers);
    expect(echo.datagrams[0]).toMatchObject({ from: { address: scanner[family], port: 20_001 } });
    expect(echo.datagrams[0]?.text).toHaveLength(100);
  });

  it('tells an unreachable UDP port from a silent one', async () => {
    const closed = await udpExchange(scanner, { address, port: CLOSED, count: 2, gapMs: 20, timeoutMs: 200 });
    expect(closed).toEqual({ sent: 2, received: [], errno: 'ECONNREFUSED' });
    const silent = await udpExchange(scanner, { address, port: SILENT, count: 2, timeoutMs: 200 });
    expect(silent).toEqual({ sent: 2, received: [], errno: null });
  });

  it('gives what nmap says of open, closed and silent ports, for each scan type', async () => {
    const seen: Partial<Record<ScanType, string>> = {};
    for (const type of SCAN_TYPES) {
      const states = await scan(scanner, address, [ECHO, CLOSED, SILENT], type);
      seen[type] = [states.get(ECHO), states.get(CLOSED), states.get(SILENT)].join(' ');
    }
    expect(seen).toMatchObject({
      S: 'open closed filtered',
      T: 'open closed filtered',
      A: 'unfiltered unfiltered filtered',
      F: 'open|filtered closed open|filtered',
      N: 'open|filtered closed open|filtered',
      X: 'open|filtered closed open|filtered',
      W: 'closed closed filtered',
      M: 'closed closed open|filtered',
    });
    expect(seen.U).toMatch(/^\S+ closed open\|filtered$/);
  });

  it('gives every port of a long scan a state', async () => {
    const ports = Array.from({ length: 120 }, (_, index) => ECHO + index);
    const states = await scan(scanner, address, ports, 'S');
    const open = ports.filter((port) => states.get(port) === 'open');
    expect(open).toContain(ECHO);
    expect(open).toContain(ECHO + 10);
    expect(states.get(SILENT)).toBe('filtered');
    expect(states.get(CLOSED)).toBe('closed');
    expect(states.size).toBe(120);
  });

  it('sends what no socket would', async () => {
    const layer = family === 'ipv4' ? 'IP' : 'IPv6';
    const code = `answer = sr1(${layer}(dst="${address}")/TCP(sport=20002, dport=${CLOSED}, flags="A"), timeout=5)
print(answer[TCP].flags)`;
    expect((await rawPackets(scanner, code)).stdout.trim()).toBe('R');
    await expect(rawPackets(scanner, 'raise ValueError("odd")')).rejects.toThrow(/ValueError: odd/);
  });
});

describe('parseNmapXml', () => {
  it('reads single ports and the ranges of the many', () => {
    const states = parseNmapXml(`<ports>
      <extraports state="filtered" count="4"><extrareasons reason="no-response" count="4" proto="tcp" ports="1-3,9"/>
      </extraports>
      <extraports state="closed" count="1"><extrareasons reason="reset" count="1" proto="tcp" ports="5"/></extraports>
      <port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/></port></ports>`);
    expect([...states]).toEqual([
      [1, 'filtered'],
      [2, 'filtered'],
      [3, 'filtered'],
      [9, 'filtered'],
      [5, 'closed'],
      [22, 'open'],
    ]);
  });
});
