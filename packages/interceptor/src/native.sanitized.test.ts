// SPDX-License-Identifier: MIT
// The addon built with ASan and UBSan: real packets, odd ones above all, through a real queue.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab, labObstacles, rawPackets } from '@nftoggle/lab';
import { eventually, type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeQueueUnderTest, waitingIn } from './queue/native-queue.fixture.ts';
import { describePacketQueue } from './queue/packet-queue.suite.ts';
import { goldenConfigs, goldenNames } from './ruleset/golden.fixture.ts';

type Kernel = typeof import('./kernel.fixture.ts');
const native = fileURLToPath(new URL('../native/', import.meta.url));
const number = 4_400;

/** Node itself is not built with ASan, so its library has to be there before everything else. */
function environment(): Record<string, string> {
  const library = (name: string) =>
    execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
  return {
    LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
    // V8 never frees what it has at its end, and what leaks there is not ours.
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=1',
    UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
    NFTOGGLE_TEST_ADDON: `${native}build/sanitized/nftoggle.node`,
  };
}

/** What no ordinary socket sends; some of it the kernel itself drops, and the last packet is an ordinary one. */
const oddPackets = (dst: string, dst6: string): string => `
import random
random.seed(7)
four, six = IP(dst="${dst}"), IPv6(dst="${dst6}")
odd = [four/TCP(sport=p, dport=22, flags=f) for p, f in enumerate(["", "S", "A", "F", "FPU", "SAFRPU"], 1000)]
odd += [four/Raw(bytes(TCP(dport=22))[:n]) for n in range(0, 20)]
odd += [IP(dst="${dst}", proto=6)/Raw(bytes(TCP(dport=22))[:n]) for n in range(0, 20)]
odd += [IP(dst="${dst}", proto=17)/Raw(bytes(UDP(dport=22))[:n]) for n in range(0, 8)]
odd += [four/TCP(dport=22, dataofs=n) for n in range(0, 16)]
odd += [four/UDP(dport=22, len=n) for n in (0, 1, 7, 8, 9, 65535)]
odd += [IP(dst="${dst}", options=IPOption(b"\\x01" * 40))/TCP(dport=22), IP(dst="${dst}", ihl=15)/TCP(dport=22)]
odd += [IP(dst="${dst}", len=n)/TCP(dport=22) for n in (20, 21, 39, 40)]
odd += [IP(dst="${dst}", frag=1)/TCP(dport=22), IP(dst="${dst}", flags="MF")/TCP(dport=22), IP(dst="${dst}", frag=8191)/b"x"]
odd += [IP(dst="${dst}", proto=p)/Raw(b"\\x00" * 40) for p in range(0, 256, 5)]
odd += [six/IPv6ExtHdrHopByHop()/TCP(dport=22), six/IPv6ExtHdrDestOpt()/IPv6ExtHdrDestOpt()/UDP(dport=22)]
odd += [six/IPv6ExtHdrFragment(m=1)/TCP(dport=22), six/IPv6ExtHdrFragment(offset=9)/TCP(dport=22)]
odd += [six/IPv6ExtHdrDestOpt(len=n)/TCP(dport=22) for n in (0, 1, 2, 3, 31, 255)]
chain = six
for n in range(20): chain = chain/IPv6ExtHdrDestOpt()
odd += [chain/TCP(dport=22)]
odd += [IPv6(dst="${dst6}", nh=51)/Raw(bytes([6, n, 0, 0] + [0] * 40)) for n in (0, 1, 4, 255)]
odd += [IPv6(dst="${dst6}", nh=p)/Raw(b"\\x06" + b"\\xff" * 20) for p in (0, 43, 44, 51, 60, 135, 59, 139)]
odd += [IP(dst="${dst}", proto=random.choice([6, 17]))/Raw(bytes(random.getrandbits(8) for _ in range(random.randrange(60)))) for _ in range(200)]
odd += [IPv6(dst="${dst6}", nh=random.choice([0, 6, 17, 43, 44, 51, 60]))/Raw(bytes(random.getrandbits(8) for _ in range(random.randrange(80)))) for _ in range(200)]
odd += [four/UDP(dport=22)/Raw(b"x" * 1400)]
frames = [Ether(dst=getmacbyip("${dst}"))/packet for packet in odd] + [Ether(dst=getmacbyip("${dst}"))/four/TCP(sport=54321, dport=22)]
sendp(frames, iface="eth0")
print(len(frames))
`;

const obstacles = [...labObstacles(), ...(spawnSync('g++', ['--version']).status === 0 ? [] : ['needs g++'])];

describe.skipIf(obstacles.length > 0)('the addon built with ASan and UBSan (needs g++ and root)', () => {
  let lab: Lab;
  let inside: Inside<Kernel>;
  let kernel: Inside<Kernel>['call'];

  beforeAll(async () => {
    execFileSync('make', ['-C', native, 'sanitized'], { stdio: 'pipe' });
    lab = await createLab({ only: ['gateway', 'scanner'], nat: false });
    inside = await startInside<Kernel>(
      lab.host('gateway'),
      new URL('./kernel.fixture.ts', import.meta.url),
      environment(),
    );
    kernel = inside.call;
  }, 300_000);
  afterAll(async () => {
    await inside?.close();
    await lab?.close();
    expect(inside?.output() ?? '').not.toMatch(/Sanitizer|runtime error/);
  });

  it('is the one that runs here: its own fault would be seen', async () => {
    expect(await kernel.mappedLibraries()).toMatch(/libasan/);
    expect(await kernel.mappedLibraries()).toContain('build/sanitized/nftoggle.node');
  });

  describePacketQueue(
    'NativeQueue with sanitizers',
    () => nativeQueueUnderTest(kernel, number),
    () => kernel.nftRun('flush ruleset'),
  );

  it('hands over odd packets of every kind, each as a flow or as malformed, and loses none', async () => {
    const [gateway, scanner] = [lab.host('gateway'), lab.host('scanner')];
    await kernel.bind(number, 4_096);
    await kernel.queueAll(number, 'wan');
    const { stdout } = await rawPackets(scanner, oddPackets(gateway.ipv4, gateway.ipv6));
    const packets = await kernel.packetsUntil(54_321);
    const malformed = packets.filter((packet) => packet.malformed !== undefined);
    const kinds = [...new Set(malformed.map((packet) => packet.malformed))].sort();
    console.info(
      `with sanitizers: ${stdout.trim()} odd packets sent, ${packets.length} queued, ` +
        `${malformed.length} malformed (${kinds.join('; ')})`,
    );
    expect(packets.length).toBeGreaterThan(400);
    expect(packets.length - malformed.length).toBeGreaterThan(50);
    expect(kinds).toEqual([
      'bad length',
      'neither TCP nor UDP',
      'not the first fragment',
      'too many extension headers',
      'truncated',
    ]);
    for (const { id } of packets) expect(await kernel.dropPacket(id)).toBe(true);
    expect(await waitingIn(kernel)).toBe(0);
    await kernel.close();
    await kernel.nftRun('flush ruleset');
  });

  it('loads every golden ruleset, in place of every other', async () => {
    for (const name of [...goldenNames, ...goldenNames.toReversed()]) await kernel.apply(goldenConfigs[name]);
    expect(await kernel.state()).toBe('intact');
    await kernel.nftRun('flush ruleset');
  });

  it('may have its log of copies closed by the handler of these', async () => {
    expect(await kernel.copiesUntilClosed(number)).toBe(1);
    await kernel.nftRun('flush ruleset');
  });

  it('may have its watch of connections closed by the handler of these, lose events, and be forgotten', async () => {
    const module = new URL('./native-watch.kernel.fixture.ts', import.meta.url);
    const gateway = lab.host('gateway');
    await using watched = await startInside<typeof import('./native-watch.kernel.fixture.ts')>(
      gateway,
      module,
      environment(),
    );
    await watched.call.nftRun(
      'add table inet track; add chain inet track c { type filter hook output priority 0; }',
    );
    await watched.call.nftRun('add rule inet track c ct state new accept');
    await watched.call.watchOnce(65_536);
    await watched.call.floodWhileBusy(2_000);
    await eventually(async () => (await watched.call.events()).length > 0);
    await watched.call.watchMarks(0, 0, 65_536);
    await watched.call.removeFlows();
    await eventually(async () => (await watched.call.lost()) > 0);
    expect(await watched.call.readWithin(4_194_304, 1_000)).toHaveLength(1_000);
    await watched.call.churn(20);
    expect(watched.output()).not.toMatch(/Sanitizer|runtime error/);
    await kernel.nftRun('flush ruleset');
  });

  it('outlives objects that are made, closed, forgotten and collected, and calls that are refused', async () => {
    await kernel.churn(20);
    expect(await kernel.queues()).toEqual([]);
  });
});
