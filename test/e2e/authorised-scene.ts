// SPDX-License-Identifier: MIT
// The box that authorised.test.ts connects to: its services, and what else is on it.
import type { HostPlan } from '@nftoggle/lab';

/** Each service is for one test, so that no test finds a session that another one opened. */
export const config = `
version: 1
devices:
  nas: { address: [192.168.1.20, "fd00:1::20"] }
  console: { mac: "02:00:00:00:01:10" }
  newcomer: { mac: "02:00:00:00:01:50" }
groups:
  friend: [203.0.113.7, "2001:db8:a::7"]
  remote: [198.51.100.7, "2001:db8:7::/48"]
  laptop-address: [192.168.1.10, "fd00:1::10"]
services:
  local:      { ports: [7000/tcp, 7000/udp], allow: [friend, remote, console] }
  forwarded:  { ports: [25565-25566/tcp, 25565-25566/udp], to: nas, allow: [friend, remote, console] }
  published:  { ports: [8080/tcp, 8080/udp], allow: [friend, remote, console] }
  outgoing:   { ports: [3478/tcp, 3478/udp], direction: out, allow: [console] }
  ecn:        { ports: [7010/tcp], allow: [friend] }
  fast-open:  { ports: [7011/tcp], allow: [friend] }
  early-data: { ports: [25570/tcp], to: nas, allow: [friend] }
  burst:      { ports: [7012/udp], allow: [friend, console] }
  anybody:    { ports: [7013/udp, 7013/tcp], allow: [any] }
  crowd:      { ports: [7014/tcp], allow: [friend, console] }
  several:    { ports: [7015-7016/tcp, 7015/udp], allow: [friend] }
  another:    { ports: [7017/tcp], allow: [friend] }
  address:    { ports: [7018/tcp], allow: [laptop-address] }
  prefix:     { ports: [7019/tcp], allow: [remote] }
  all-but:    { ports: [7020/tcp], deny: ["2001:db8:7:1::bad"], allow: [remote] }
  short:      { ports: [7021/tcp], open_for: 2s, allow: [friend] }
  reconnect:  { ports: [7022/tcp], allow: [friend] }
  marked-tcp: { ports: [7023/tcp], allow: [friend] }
  marked-udp: { ports: [7028/udp], allow: [friend] }
  unhurried:  { ports: [7024/tcp], allow: [newcomer] }
  own:        { ports: [7025-7027/tcp, 7025-7027/udp] }
`;

/** A device of the LAN that never had a session, known by its MAC address alone. */
export const newcomer: HostPlan = {
  interfaces: [
    {
      name: 'eth0',
      segment: 'lan',
      mac: '02:00:00:00:01:50',
      ipv4: '192.168.1.50/24',
      ipv6: 'fd00:1::50/64',
    },
  ],
  routes: [],
};

export const gatewayPorts = [
  7000, 7028, 7010, 7011, 7012, 7013, 7014, 7015, 7016, 7017, 7018, 7019, 7020, 7021, 7022, 7023, 7024, 7025,
];
/** Nobody guards it. */
export const freePort = 7100;

/** What others on the box do with marks: bits of theirs, set early, looked at late. */
export const foreignMarks = `
table inet others {
  counter packets-kept { }
  counter packets-lost { }
  counter connections-kept { }
  counter connections-lost { }
  chain early {
    type filter hook prerouting priority -300; policy accept;
    meta l4proto { tcp, udp } th dport { 7023, 7028 } meta mark set 0x000000ab
  }
  chain tracked {
    type filter hook prerouting priority -190; policy accept;
    meta l4proto { tcp, udp } th dport { 7023, 7028 } ct state new ct mark set 0x000000cd
  }
  chain late {
    type filter hook prerouting priority 0; policy accept;
    meta l4proto { tcp, udp } th dport { 7023, 7028 } meta mark == 0x000000ab counter name packets-kept
    meta l4proto { tcp, udp } th dport { 7023, 7028 } meta mark != 0x000000ab counter name packets-lost
  }
  chain answers {
    type filter hook output priority 0; policy accept;
    meta l4proto { tcp, udp } th sport { 7023, 7028 } ct mark & 0x000fffff == 0x000000cd counter name connections-kept
    meta l4proto { tcp, udp } th sport { 7023, 7028 } ct mark & 0x000fffff != 0x000000cd counter name connections-lost
  }
}
`;
