// SPDX-License-Identifier: MIT
// First packets that no socket would send. Each kind has a source port of its own, so that an answer tells
// which kind it answers.
import { type Host, rawPackets } from '@nftoggle/lab';

export interface OddPacketsOptions {
  readonly from: Host;
  /** Of the gateway's interface on the sender's wire. */
  readonly gatewayMac: string;
  readonly source: string;
  readonly target: string;
  readonly ports: readonly number[];
}

const firstSourcePort = 20_000;

/** Kinds of either family, each as a Python expression of a list of packets. */
const commonKinds: Readonly<Record<string, string>> = {
  syn: 'tcp("S")',
  'syn with data': 'tcp("S", Raw("early data"))',
  ack: 'tcp("A")',
  rst: 'tcp("R")',
  'rst-ack': 'tcp("RA")',
  'syn-ack': 'tcp("SA")',
  fin: 'tcp("F")',
  'fin-ack': 'tcp("FA")',
  'no flags': 'tcp("")',
  'fin-push-urgent': 'tcp("FPU")',
  'syn-fin': 'tcp("SF")',
  'syn-rst': 'tcp("SR")',
  'syn-ece-cwr': 'tcp("SEC")',
  'syn-urgent-push': 'tcp("SUP")',
  'every flag': 'tcp("FSRPAUECN")',
  'data without a connection': 'tcp("PA", Raw("hello"))',
  'syn, bad checksum': '[ip() / TCP(sport=sport, dport=port, seq=seq, flags="S", chksum=0x1234)]',
  'syn from port 0': '[ip() / TCP(sport=0, dport=port, seq=seq, flags="S")]',
  'syn that dies at the gateway': '[hop_limit(p, 1) for p in tcp("S")]',
  'syn, then again': 'tcp("S") * 5',
  datagram: 'udp(Raw("hello"))',
  'empty datagram': 'udp()',
  'datagram, bad checksum': '[ip() / UDP(sport=sport, dport=port, chksum=0x1234) / Raw("hello")]',
  'datagram that dies at the gateway': '[hop_limit(p, 1) for p in udp(Raw("hello"))]',
  burst: 'udp(Raw("hello")) * 50',
};

const ipv4Kinds: Readonly<Record<string, string>> = {
  ...commonKinds,
  'syn in tiny fragments': 'fragments(tcp("S"), 8)',
  'syn in tiny fragments, last one first': 'fragments(tcp("S"), 8)[::-1]',
  'syn in overlapping fragments': 'overlapping(tcp("S"))',
  'ack in tiny fragments': 'fragments(tcp("A"), 8)',
  'datagram in fragments': 'fragments(udp(Raw("x" * 40)), 16)',
  'first fragment alone': 'fragments(tcp("S"), 8)[:1]',
  'syn, record route': 'tcp("S", options=[IPOption_RR(routers=["0.0.0.0"] * 3)])',
  'syn, loose source route': 'tcp("S", options=[IPOption_LSRR(routers=[source])])',
  'syn, router alert': 'tcp("S", options=[IPOption_Router_Alert()])',
  'syn, no-operations': 'tcp("S", options=[IPOption_NOP()] * 4)',
  'datagram without checksum': '[ip() / UDP(sport=sport, dport=port, chksum=0) / Raw("hello")]',
};

const ipv6Kinds: Readonly<Record<string, string>> = {
  ...commonKinds,
  // The kernel refuses a first fragment that does not hold the whole TCP header (RFC 7112).
  'syn in tiny fragments': 'fragments(tcp("S"), 8)',
  'syn in fragments': 'fragments(tcp("S", Raw("x" * 40)), 24)',
  'syn in fragments, last one first': 'fragments(tcp("S", Raw("x" * 40)), 24)[::-1]',
  'syn in tiny fragments, last one first': 'fragments(tcp("S"), 8)[::-1]',
  'syn in overlapping fragments': 'overlapping(tcp("S"))',
  'ack in tiny fragments': 'fragments(tcp("A"), 8)',
  'datagram in fragments': 'fragments(udp(Raw("x" * 40)), 16)',
  'first fragment alone': 'fragments(tcp("S"), 8)[:1]',
  'syn as an atomic fragment': 'tcp("S", IPv6ExtHdrFragment(id=seq, m=0, offset=0))',
  'datagram as an atomic fragment': 'udp(Raw("hello"), IPv6ExtHdrFragment(id=seq, m=0, offset=0))',
  'syn, hop-by-hop options': 'tcp("S", IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\\0" * 4)]))',
  'syn, destination options': 'tcp("S", IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\\0" * 4)]))',
  'ack, destination options': 'tcp("A", IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\\0" * 4)]))',
  'datagram, destination options': 'udp(Raw("hello"), IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\\0" * 4)]))',
  'syn, four headers':
    'tcp("S", IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrFragment(id=seq) / IPv6ExtHdrDestOpt())',
  'syn, routing header that is used up': 'tcp("S", IPv6ExtHdrRouting(type=0, segleft=0, addresses=[source]))',
  'syn, segment routing that is used up':
    'tcp("S", IPv6ExtHdrSegmentRouting(segleft=0, lastentry=0, addresses=[target]))',
  'syn, routing header': 'tcp("S", IPv6ExtHdrRouting(type=0, segleft=1, addresses=[source]))',
};

const python4 = `
def ip(options=None): return IP(src=source, dst=target, id=seq & 0xffff, options=options or [])
def tcp(flags, payload=None, options=None): return packet(ip(options) / TCP(sport=sport, dport=port, seq=seq, flags=flags), payload)
def udp(payload=None): return packet(ip() / UDP(sport=sport, dport=port), payload)
def packet(headers, payload): return [headers / payload if payload is not None else headers]
def hop_limit(p, n):
    p.ttl = n
    return p
def fragments(packets, size): return fragment(IP(raw(packets[0])), fragsize=size)
def piece(data, offset, more):
    return IP(src=source, dst=target, id=seq & 0xffff, proto=6, frag=offset // 8, flags="MF" if more else 0) / Raw(data)
def overlapping(packets):
    data = raw(IP(raw(packets[0])).payload) + b"12345678"
    return [piece(data[:16], 0, True), piece(data[8:24], 8, True), piece(data[16:], 16, False)]
`;

const python6 = `
def ip(headers=None):
    base = IPv6(src=source, dst=target)
    return base if headers is None else base / headers
def tcp(flags, payload=None, headers=None):
    if payload is not None and not isinstance(payload, Raw): payload, headers = None, payload
    p = ip(headers) / TCP(sport=sport, dport=port, seq=seq, flags=flags)
    return [p if payload is None else p / payload]
def udp(payload=None, headers=None):
    p = ip(headers) / UDP(sport=sport, dport=port)
    return [p if payload is None else p / payload]
def hop_limit(p, n):
    p.hlim = n
    return p
def whole(packets): return raw(IPv6(raw(packets[0])).payload), 6 if TCP in packets[0] else 17
def piece(data, protocol, offset, more):
    return IPv6(src=source, dst=target) / IPv6ExtHdrFragment(nh=protocol, id=seq, offset=offset // 8, m=int(more)) / Raw(data)
def fragments(packets, size):
    data, protocol = whole(packets)
    return [piece(data[at:at + size], protocol, at, at + size < len(data)) for at in range(0, len(data), size)]
def overlapping(packets):
    data, protocol = whole(packets)
    data += b"12345678"
    return [piece(data[:16], protocol, 0, True), piece(data[8:24], protocol, 8, True), piece(data[16:], protocol, 16, False)]
`;

/** Sends each kind to each port, and returns the kinds, of which number n has the source port 20,000 + n. */
export async function sendOddPackets(options: OddPacketsOptions): Promise<readonly string[]> {
  const isIpv6 = options.target.includes(':');
  const kinds = isIpv6 ? ipv6Kinds : ipv4Kinds;
  const names = Object.keys(kinds);
  const code = `
import random
source, target = ${JSON.stringify(options.source)}, ${JSON.stringify(options.target)}
${isIpv6 ? python6 : python4}
kinds = [${Object.values(kinds)
    .map((expression) => `lambda: ${expression}`)
    .join(',\n  ')}]
wire = conf.L2socket(iface="eth0")
for port in ${JSON.stringify(options.ports)}:
    for n, kind in enumerate(kinds):
        sport, seq = ${firstSourcePort} + n, random.randrange(1, 2 ** 31)
        for p in kind(): wire.send(Ether(dst="${options.gatewayMac}") / p)
`;
  await rawPackets(options.from, code, 120_000);
  return names;
}

/** The kind that a captured line answers, when it goes to the source port of one. */
export function kindAnswered(line: string, kinds: readonly string[]): string | undefined {
  const port = Number(/> \S+\.(\d+): /.exec(line)?.[1] ?? 0);
  return kinds[port - firstSourcePort];
}
