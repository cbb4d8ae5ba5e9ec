// SPDX-License-Identifier: MIT
import { eventTypes } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { after, configOf, problemsOf, type Row } from './load.fixture.ts';
import { configReference } from './reference.ts';
import type { Hook } from './types.ts';

const household = [
  'devices: { nas: { address: 192.168.1.20 } }',
  'people: { lena: { role: child, devices: [nas] } }',
  'groups: { friends: [tom.dyn.example], work: [vpn, friends], vpn: [10.8.0.0/24, "asn:3320"] }',
  'geo: { asn: /etc/nftoggle/asn.mmdb }',
  'services: { ssh: { ports: [22/tcp] } }',
];

/** A file whose lines from 9 on are keys of the hook `phone`, from column 5 on. */
function hook(...keys: readonly string[]): string {
  return after(...household, 'hooks:', '  phone:', ...keys.map((key) => `    ${key}`));
}

const posts = 'webhook: https://ntfy.example/home';

function hookOf(...keys: readonly string[]): Hook | undefined {
  return configOf(hook(...keys)).hooks.get('phone');
}

const plain: Hook = {
  name: 'phone',
  on: ['access_denied'],
  services: null,
  sources: null,
  people: null,
  action: {
    kind: 'webhook',
    url: 'https://ntfy.example/home',
    format: 'json',
    secretFile: null,
    tokenFile: null,
    headers: new Map(),
    allowLocal: [],
  },
  timeout: 10,
  retryFor: 86_400,
};

describe('parseConfig accepts, of hooks,', () => {
  it('none at all, and a section whose lines are all commented out', () => {
    expect(configOf('version: 1').hooks).toEqual(new Map());
    expect(configOf(after('hooks:')).hooks).toEqual(new Map());
  });

  it('a webhook with all defaults', () => {
    expect(hookOf('on: access_denied', posts)).toEqual(plain);
  });

  it('a webhook with every key', () => {
    const text = hook(
      'on: [wake_ready, access_denied, wake_ready]',
      'services: ssh',
      'sources: [lan, nas, lena, country:de, 192.0.2.0/24, any]',
      'people: [lena, lena]',
      'webhook: HTTP://[2001:DB8::1]:8123/api/webhook/x?y',
      'format: home_assistant',
      'secret_file: /run/secrets/ntfy',
      'token_file: /run/secrets/token',
      'headers: { X-Priority: "4" }',
      'allow_local: [LocalHost, "[0:0::1]", my_container, ha.lan., 192.168.1.20, localhost]',
      'timeout: 60s',
      'retry_for: 7d',
    );
    expect(configOf(text).hooks.get('phone')).toEqual({
      name: 'phone',
      on: ['wake_ready', 'access_denied'],
      services: ['ssh'],
      sources: [
        { kind: 'lan' },
        { kind: 'device', device: 'nas' },
        { kind: 'person', person: 'lena' },
        { kind: 'country', country: 'DE' },
        { kind: 'network', network: { family: 4, base: 0xc000_0200n, prefix: 24 } },
        { kind: 'any' },
      ],
      people: ['lena'],
      action: {
        kind: 'webhook',
        url: 'http://[2001:db8::1]:8123/api/webhook/x?y',
        format: 'home_assistant',
        secretFile: '/run/secrets/ntfy',
        tokenFile: '/run/secrets/token',
        headers: new Map([['X-Priority', '4']]),
        allowLocal: ['localhost', '::1', 'my_container', 'ha.lan', '192.168.1.20'],
      },
      timeout: 60,
      retryFor: 604_800,
    });
  });

  it('a program, which runs as nobody unless the file says otherwise', () => {
    const run = 'run: [/etc/nftoggle/hooks/log.sh, --json, ""]';
    const argv = ['/etc/nftoggle/hooks/log.sh', '--json', ''];
    expect(hookOf('on: all', run)?.action).toEqual({ kind: 'script', argv, runAs: 'nobody' });
    expect(hookOf('on: all', run, 'run_as: 65534')?.action).toMatchObject({ runAs: '65534' });
    expect(hookOf('on: all', run, 'run_as: hook-runner')?.action).toMatchObject({ runAs: 'hook-runner' });
  });

  it('`all` for every event that says something to people, and the inner signal where it is named', () => {
    const all = eventTypes.filter((type) => type !== 'permissions_changed');
    expect(hookOf('on: all', posts)?.on).toEqual(all);
    expect(hookOf('on: [all, permissions_changed]', posts)?.on).toEqual([...all, 'permissions_changed']);
  });

  it.each(eventTypes)('the event %s by its name', (type) => {
    expect(hookOf(`on: ${type}`, posts)?.on).toEqual([type]);
  });

  it.each(['0', '0s'])('no second try: retry_for: %s', (text) => {
    expect(hookOf('on: all', posts, `retry_for: ${text}`)?.retryFor).toBe(0);
  });

  it('hooks in the order of the file, also where their names are numbers', () => {
    const text = after('hooks:', ...['b', '2', 'a', '1'].map((name) => `  ${name}: { on: all, ${posts} }`));
    expect([...configOf(text).hooks.keys()]).toEqual(['b', '2', 'a', '1']);
  });

  it('only text for the secrets of a header', () => {
    const headers = hookOf('on: all', posts, 'headers: { Authorization: "Bearer a b", X: "" }');
    expect(headers?.action).toMatchObject({
      headers: new Map(Object.entries({ Authorization: 'Bearer a b', X: '' })),
    });
  });
});

const actionRows: readonly Row[] = [
  [
    'nothing to do',
    hook('on: all'),
    '8:3: hooks.phone: The hook says when, and not what is to be done. Add "webhook: https://ntfy.example/home" or "run: [/etc/nftoggle/hooks/log.sh]".',
  ],
  [
    'two things to do',
    hook('on: all', posts, 'run: [/bin/true]'),
    '11:5: hooks.phone.run: A hook has one of "webhook" and "run". Make a hook of its own for each.',
  ],
  [
    'a user for a webhook',
    hook('on: all', posts, 'run_as: nobody'),
    '11:5: hooks.phone.run_as: "run_as" is of programs, and this hook posts to a webhook. Remove it.',
  ],
  ...['format: ntfy', 'secret_file: /k', 'token_file: /t', 'headers: {}', 'allow_local: [localhost]'].map(
    (key): Row => {
      const name = key.replace(/:.*/, '');
      return [
        `"${name}" for a program`,
        hook('on: all', 'run: [/bin/true]', key),
        `11:5: hooks.phone.${name}: "${name}" is of webhooks, and this hook runs a program. Remove it.`,
      ];
    },
  ),
  [
    'a shell command',
    hook('on: all', 'run: /bin/log --json'),
    '10:10: hooks.phone.run: "/bin/log --json" is here, where a list belongs. Write a list: [/bin/log, --json].',
  ],
  [
    'a program that would have to be searched for',
    hook('on: all', 'run: [log.sh]'),
    '10:11: hooks.phone.run[0]: "log.sh" is not a path from the root. Write the whole path of the program, such as /usr/local/bin/log.sh.',
  ],
  ...['root', '0', '"00"'].map(
    (user): Row => [
      `a program as root: ${user}`,
      hook('on: all', 'run: [/bin/true]', `run_as: ${user}`),
      '11:13: hooks.phone.run_as: Programs of hooks never run as root. Write another user, such as nobody.',
    ],
  ),
  ...['4294967295', '-1', '1.5', 'a b'].map(
    (user): Row => [
      `no user: ${user}`,
      hook('on: all', 'run: [/bin/true]', `run_as: ${user}`),
      `11:13: hooks.phone.run_as: "${user}" is not a user. Write the name of a user, such as nobody, or its number.`,
    ],
  ),
];

const webhookRows: readonly Row[] = [
  ...['https://ntfy.sh', 'https://ntfy.sh/', 'https://ntfy.sh/a%20b', 'https://ntfy.sh/?home'].map(
    (url): Row => [
      `ntfy without a topic: ${url}`,
      hook('on: all', `webhook: ${url}`, 'format: ntfy'),
      '10:14: hooks.phone.webhook: The URL names no topic of ntfy. Write it like https://ntfy.example/home',
    ],
  ),
  ...(
    [
      ['ntfy.example/home', 'This is not a URL. Begin it with https:// or http://'],
      ['https:/ntfy.example', 'This is not a URL. Begin it with https:// or http://'],
      ['https://', 'This is not a URL. Write it like https://ntfy.example/home'],
      ['ftp://x/y', 'Webhooks do not speak "ftp". Write it like https://ntfy.example/home'],
      [
        'https://me:pass@x/y',
        'There is a user or password in the URL. Remove it, and write a token into a file: token_file: /etc/nftoggle/token',
      ],
      [
        'https://token@x/y',
        'There is a user or password in the URL. Remove it, and write a token into a file: token_file: /etc/nftoggle/token',
      ],
      ['"https://x/a b"', 'There is a space in the URL. Remove it, or write it as %20.'],
      ['"https://x/a\\nb"', 'There is a space in the URL. Remove it, or write it as %20.'],
      ['https://a!b/c', '"a!b" is not the name of a host. Write it like https://ntfy.example/home'],
      ['https://x:0/', 'There is no port 0. Write a port from 1 to 65535, or none.'],
      ['https://x:70000/', 'This is not a URL. Write it like https://ntfy.example/home'],
      ['5', 'A number is here, where text belongs. Write it like https://ntfy.example/home'],
    ] as const
  ).map(
    ([url, fault]): Row => [url, hook('on: all', `webhook: ${url}`), `10:14: hooks.phone.webhook: ${fault}`],
  ),
  [
    'headers that are not for a hook, or no headers',
    hook(
      'on: all',
      posts,
      'headers: { Host: a, Webhook-Id: b, "a b": c, X-A: d, x-a: e, content-length: f }',
    ),
    '11:16: hooks.phone.headers.Host: The header "Host" is not for a hook to set. Remove it.',
    '11:25: hooks.phone.headers.Webhook-Id: The header "Webhook-Id" is part of the signature. Remove it: "secret_file" signs.',
    '11:40: hooks.phone.headers["a b"]: "a b" cannot be the name of a header. Use letters, digits and "-", such as X-Priority.',
    '11:58: hooks.phone.headers.x-a: The header "x-a" is here twice. Keep one.',
    '11:66: hooks.phone.headers.content-length: The header "content-length" is not for a hook to set. Remove it.',
  ],
  [
    'values that headers cannot carry',
    hook('on: all', posts, 'headers: { A: "x\\r\\nB: y", C: " z", D: Glück, E: 4 }'),
    '11:19: hooks.phone.headers.A: The value has a character that headers cannot carry. Use ASCII characters in one line.',
    '11:35: hooks.phone.headers.C: There is a space at an end of the value. Remove it.',
    '11:44: hooks.phone.headers.D: The value has a character that headers cannot carry. Use ASCII characters in one line.',
    '11:54: hooks.phone.headers.E: A number is here, where text belongs. Put it in quotes.',
  ],
  [
    'headers as a list',
    hook('on: all', posts, 'headers: ["X-Priority: 4"]'),
    '11:14: hooks.phone.headers: A list is here, where a block of names belongs. Write it like { X-Priority: "4" }',
  ],
  [
    'a token twice',
    hook('on: all', posts, 'headers: { authorization: Bearer x }', 'token_file: /t'),
    '11:16: hooks.phone.headers.authorization: "authorization" does not go with "token_file". Remove one of the two.',
  ],
  [
    'a secret itself',
    hook('on: all', posts, 'secret: 5ec2e7'),
    '11:5: hooks.phone.secret: "secret" does not belong here. Write it into a file, and the path of that here: secret_file: /etc/nftoggle/hook.key',
  ],
  [
    'hosts that are none',
    hook('on: all', posts, 'allow_local: [http://ha.lan:8123/api, 10.0.0.0/8, a b]'),
    '11:19: hooks.phone.allow_local[0]: "http://ha.lan:8123/…" is neither the name of a host nor an address. Write the host alone: ha.lan.',
    '11:43: hooks.phone.allow_local[1]: "10.0.0.0/8" is neither the name of a host nor an address. Write single addresses here, or the names of hosts.',
    '11:55: hooks.phone.allow_local[2]: "a b" is neither the name of a host nor an address. Write it like localhost or 192.168.1.20.',
  ],
  [
    'a service that nobody knows the form of',
    hook('on: all', posts, 'format: ntfi'),
    '11:13: hooks.phone.format: "ntfi" is not possible here. Did you mean "ntfy"?',
  ],
];

const filterRows: readonly Row[] = [
  [
    'an event with a slip',
    hook('on: [wake_ready, Sesion-Started]', posts),
    '9:22: hooks.phone.on[1]: There is no event "Sesion-Started". Did you mean "session_started"?',
  ],
  [
    'an event like no other',
    hook('on: fire', posts),
    `9:9: hooks.phone.on: There is no event "fire". Write all, or some of ${eventTypes.join(', ')}.`,
  ],
  [
    'no event',
    hook('on: []', posts),
    '9:9: hooks.phone.on: The list is empty. Write at least one entry, such as [access_denied, session_started]',
  ],
  [
    'nothing about when',
    hook(posts),
    '8:3: hooks.phone.on: This key is missing. Add it, such as on: [access_denied, session_started]',
  ],
  [
    'a key of another product',
    hook('on: all', 'url: https://x'),
    '10:5: hooks.phone.url: "url" does not belong here. Did you mean "webhook"?',
  ],
  [
    'a service, a person and a device with a slip',
    hook('on: all', posts, 'services: [shh]', 'people: [lina, nas, vpn, mia]', 'sources: [nsa]'),
    '11:16: hooks.phone.services[0]: There is no service "shh". Did you mean the service "ssh"?',
    '12:14: hooks.phone.people[0]: There is no person "lina". Did you mean the person "lena"?',
    '12:20: hooks.phone.people[1]: "nas" is a device. Write it under "sources".',
    '12:25: hooks.phone.people[2]: "vpn" is a group. Write it under "sources".',
    '12:30: hooks.phone.people[3]: There is no person "mia". Add it under "people".',
    '13:15: hooks.phone.sources[0]: "nsa" is not known. Did you mean the device "nas"?',
  ],
  [
    'sources that no event tells of, by themselves and in groups of groups',
    hook('on: all', posts, 'sources: [tom.dyn.example, "asn:3320", friends, work]'),
    '11:15: hooks.phone.sources[0]: No event tells whether it came from the DNS name "tom.dyn.example". Write addresses, networks, devices, people, country:XX or lan.',
    '11:32: hooks.phone.sources[1]: No event tells whether it came from the provider asn:3320. Write addresses, networks, devices, people, country:XX or lan.',
    '11:44: hooks.phone.sources[2]: The group "friends" holds the DNS name "tom.dyn.example", and no event tells whether it came from there. Write addresses, networks, devices, people, country:XX or lan.',
    '11:53: hooks.phone.sources[3]: The group "work" holds the provider asn:3320, and no event tells whether it came from there. Write addresses, networks, devices, people, country:XX or lan.',
  ],
  [
    'a filter that lets nothing pass',
    hook('on: all', posts, 'services: []'),
    '11:15: hooks.phone.services: The list is empty. Write at least one entry, such as [ssh]',
  ],
  [
    'times beyond what is possible',
    hook('on: all', posts, 'timeout: 61s', 'retry_for: 8d'),
    '11:14: hooks.phone.timeout: "61s" is too long. The longest is 60s.',
    '12:16: hooks.phone.retry_for: "8d" is too long. The longest is 7d.',
  ],
];

const formRows: readonly Row[] = [
  [
    'a list of hooks',
    after('hooks:', '  - { on: all, webhook: https://x }'),
    '3:3: hooks: A list is here, where a block of names belongs. Write it like { phone: { on: [access_denied], webhook: https://ntfy.example/home, format: ntfy } }',
  ],
  [
    'a name that is none',
    after(`hooks: { Phone: { on: all, ${posts} } }`),
    '2:10: hooks.Phone: "Phone" cannot be a name. Use at most 63 lower-case letters, digits, "-" and "_", such as phone.',
  ],
];

describe('parseConfig refuses, of hooks,', () => {
  it.each([...actionRows, ...webhookRows, ...filterRows, ...formRows])('%s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});

describe('what lets somebody into a chat room', () => {
  it.each([
    after('hooks: { phone: https://chat.example/5ec2e7 }'),
    hook('on: all', 'webhook: https://me:5ec2e7@chat.example/5ec2e7'),
    hook('on: all', 'webhook: "https://chat.example/5ec2e7 5ec2e7"'),
    hook('on: all', 'webhook: [https://chat.example/5ec2e7]'),
    hook('on: all', 'webhook: ssh://chat.example/5ec2e7'),
    hook('on: all', posts, 'headers: { Authorization: "5ec2e7\\n" }'),
    hook('on: all', posts, 'headers: { Authorization: 5 }'),
    hook('on: all', posts, 'allow_local: https://chat.example/5ec2e7'),
    hook('on: all', posts, 'format: https://chat.example/5ec2e7'),
  ])('is not repeated by what is said about it (%#)', (text) => {
    expect(problemsOf(text)).toHaveLength(1);
    expect(problemsOf(text).join()).not.toContain('5ec2e7');
  });
});

describe('parseConfig, of statistics,', () => {
  it('keeps 90 days in 512 mebibytes', () => {
    expect(configOf('version: 1').stats).toEqual({ keep: 90 * 86_400, maxBytes: 512 * 1024 ** 2 });
  });

  it.each([
    ['{ keep: 1d, max_size: 16M }', 86_400, 16 * 1024 ** 2],
    ['{ keep: 10y, max_size: 2G }', 3_650 * 86_400, 2 * 1024 ** 3],
    ['{ keep: 3650d, max_size: 16384K }', 3_650 * 86_400, 16 * 1024 ** 2],
    ['{ keep: 1d12h }', 129_600, 512 * 1024 ** 2],
  ])('accepts %s', (text, keep, maxBytes) => {
    expect(configOf(after(`stats: ${text}`)).stats).toEqual({ keep, maxBytes });
  });

  it.each<Row>([
    [
      'too much',
      after('stats: { keep: 11y, max_size: 15M }'),
      '2:16: stats.keep: "11y" is too long. The longest is 10y.',
      '2:31: stats.max_size: "15M" is too small. The smallest size is 16M.',
    ],
    [
      'too little',
      after('stats: { keep: 23h59m }'),
      '2:16: stats.keep: "23h59m" is too short. The shortest is 1d.',
    ],
    [
      'numbers alone',
      after('stats: { keep: 90, max_size: 512 }'),
      '2:16: stats.keep: "90" is not a duration. Add the unit: "90d" for days.',
      '2:30: stats.max_size: "512" is not a size. Add the unit: "512M" for mebibytes, "512G" for gibibytes.',
    ],
    [
      'other units',
      after('stats: { keep: 6 months, max_size: 512 MiB }'),
      '2:16: stats.keep: "6 months" is not a duration. Write days or years, such as 90d or 2y.',
      '2:36: stats.max_size: "512 MiB" is not a size. Write 512M.',
    ],
    [
      'a fraction',
      after('stats: { max_size: 1.5G }'),
      '2:20: stats.max_size: "1.5G" is not a size. Write a whole number with a unit, such as 512M or 2G.',
    ],
    [
      'a list',
      after('stats: [90d]'),
      '2:8: stats: A list is here, where a block of keys belongs. Write it like { keep: 90d, max_size: 512M }',
    ],
    [
      'a word',
      after('stats: 90d'),
      '2:8: stats: "90d" is here, where a block of keys belongs. Write it like { keep: 90d, max_size: 512M }',
    ],
  ])('refuses %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});

describe('idle_after', () => {
  const service = (text: string): string => after(`services: { ssh: { ports: [22/tcp]${text} } }`);

  it.each([
    ['', 600],
    [', idle_after: 10s', 10],
    [', idle_after: 2h, open_for: 1h', 7_200],
  ])('is ten minutes unless the file says otherwise: %j', (text, seconds) => {
    expect(configOf(service(text)).services.get('ssh')?.idleAfter).toBe(seconds);
  });

  it.each([
    ['9s', '"9s" is too short. The shortest is 10s.'],
    ['366d', '"366d" is too long. The longest duration is 365d.'],
    ['0s', '"0s" is too short. The shortest duration is 1s.'],
  ])('is not %s', (text, fault) => {
    expect(problemsOf(service(`, idle_after: ${text}`))).toEqual([`2:49: services.ssh.idle_after: ${fault}`]);
  });
});

describe('the reference page', () => {
  it('has a table for hooks, and shows no examples of secrets beyond made-up ones', () => {
    const page = configReference();
    expect(page).toContain('## `hooks.NAME`');
    expect(page).toContain('| `on` | [event](#event) or list: [event](#event) | *required* |');
    expect(page).toContain('| `max_size` | [size](#size) | `512M` |');
    expect(page).toContain('| `idle_after` | [duration](#duration) | `10m` |');
  });
});
