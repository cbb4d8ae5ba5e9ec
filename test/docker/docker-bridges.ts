// SPDX-License-Identifier: MIT
// The rules that Docker writes from version 29 on when it is told to use nftables by itself (firewall-backend): tables
// `ip docker-bridges` and `ip6 docker-bridges`. No Debian has that version, so they are recreated here, by its documentation
// (docs.docker.com/engine/network/firewall-nftables): the same hooks, priorities, order and way of dispatch.

/** One container, whose TCP and UDP port is published on every address of the host. */
export interface PublishedContainer {
  readonly addresses: { readonly ipv4: string; readonly ipv6: string };
  readonly port: number;
  readonly innerPort: number;
}

export interface BridgeRules {
  readonly bridge: string;
  readonly networks: { readonly ipv4: string; readonly ipv6: string };
  readonly containers: readonly PublishedContainer[];
}

const protocols = ['tcp', 'udp'] as const;

/** As its daemon does at its start: what is left of a former one goes, base chains and all, then all is written anew. */
export function dockerBridges(rules: BridgeRules): string {
  return [tableOf('ipv4', rules), tableOf('ipv6', rules)].join('\n');
}

function tableOf(family: 'ipv4' | 'ipv6', { bridge, networks, containers }: BridgeRules): string {
  const [ip, loopback] = family === 'ipv4' ? ['ip', '127.0.0.0/8'] : ['ip6', '::1'];
  const target = ({ addresses, innerPort }: PublishedContainer): string =>
    family === 'ipv4' ? `${addresses.ipv4}:${innerPort}` : `[${addresses.ipv6}]:${innerPort}`;
  const each = (rule: (container: PublishedContainer, protocol: string) => string): string =>
    containers.flatMap((container) => protocols.map((protocol) => rule(container, protocol))).join('\n    ');
  return `
add table ${ip} docker-bridges
delete table ${ip} docker-bridges
table ${ip} docker-bridges {
  map filter-forward-in-jumps { type ifname : verdict; }
  map filter-forward-out-jumps { type ifname : verdict; }
  map nat-postrouting-out-jumps { type ifname : verdict; }
  chain raw-PREROUTING {
    type filter hook prerouting priority raw; policy accept;
    ${containers.map(({ addresses }) => `${ip} daddr ${addresses[family]} iifname != "${bridge}" counter drop`).join('\n    ')}
  }
  chain nat-prerouting-and-output {
    ${each((container, protocol) => `iifname != "${bridge}" ${protocol} dport ${container.port} counter dnat to ${target(container)}`)}
  }
  chain nat-PREROUTING {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local counter jump nat-prerouting-and-output
  }
  chain nat-OUTPUT {
    type nat hook output priority -100; policy accept;
    ${ip} daddr != ${loopback} fib daddr type local counter jump nat-prerouting-and-output
  }
  chain filter-forward-in__${bridge} {
    ct state established,related counter accept
    iifname "${bridge}" counter accept
    ${each(({ addresses, innerPort }, protocol) => `${ip} daddr ${addresses[family]} ${protocol} dport ${innerPort} counter accept`)}
    counter drop
  }
  chain filter-forward-out__${bridge} {
    ct state established,related counter accept
    counter accept
  }
  chain filter-FORWARD {
    type filter hook forward priority filter; policy accept;
    oifname vmap @filter-forward-in-jumps
    iifname vmap @filter-forward-out-jumps
  }
  chain nat-postrouting-out__${bridge} {
    oifname != "${bridge}" ${ip} saddr ${networks[family]} counter masquerade
  }
  chain nat-POSTROUTING {
    type nat hook postrouting priority srcnat; policy accept;
    iifname vmap @nat-postrouting-out-jumps
  }
}
add element ${ip} docker-bridges filter-forward-in-jumps { "${bridge}" : jump filter-forward-in__${bridge} }
add element ${ip} docker-bridges filter-forward-out-jumps { "${bridge}" : jump filter-forward-out__${bridge} }
add element ${ip} docker-bridges nat-postrouting-out-jumps { "${bridge}" : jump nat-postrouting-out__${bridge} }
`;
}
