// SPDX-License-Identifier: MIT
// A household whose hooks are of every kind: a webhook in each format, programs, and some that do not work.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, startTcpEcho, startUdpEcho } from '@nftoggle/lab';
import { friend4, friend6, type Scene, setScene } from './scene.ts';
import { isComposed, System } from './system.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

export const formats = ['json', 'text', 'ntfy', 'gotify', 'discord', 'slack', 'home_assistant'] as const;
export type Format = (typeof formats)[number];

export const port = 7501;
export const secret = `whsec_${Buffer.from('a secret of this test').toString('base64')}`;
export const token = 'tk_a-token-of-this-test';

/** Where each format is posted to; the first word says which it is. */
export const paths: Readonly<Record<Format, string>> = {
  json: '/json/events',
  text: '/text',
  ntfy: '/ntfy/home',
  gotify: '/gotify',
  discord: '/discord/api/webhooks/1/abc',
  slack: '/slack/services/T/B/X',
  home_assistant: '/home_assistant/api/webhook/nftoggle',
};

/** Puts down what it was given, and says that it has. */
const diary = `#!/bin/sh
umask 022
cat > "$1/$NFTOGGLE_ID.input"
env -0 > "$1/$NFTOGGLE_ID.env"
{ id -u; id -G; pwd; } > "$1/$NFTOGGLE_ID.who"
: > "$1/$NFTOGGLE_ID.done"
`;

/** Does not end, and does not listen; nor do those whom it starts. */
const stuck = `#!/bin/sh
trap '' TERM
(trap '' TERM; sleep 600 & echo $! >> "$1/stuck.pids"; sleep 600) &
echo $! >> "$1/stuck.pids"
echo $$ >> "$1/stuck.pids"
sleep 600
`;

/** Waits until it is let go. */
const patient = `#!/bin/sh
echo "$NFTOGGLE_ID" >> "$1/patient.begun"
until [ -e "$1/patient.go" ]; do sleep 0.1; done
echo "$NFTOGGLE_ID" >> "$1/patient.done"
`;

const programs = { diary, stuck, patient };

export class HookScene implements AsyncDisposable {
  readonly scene: Scene;
  readonly receiver: WebhookReceiver;
  readonly system: System;
  readonly directory: string;

  private constructor(scene: Scene, receiver: WebhookReceiver, system: System, directory: string) {
    this.scene = scene;
    this.receiver = receiver;
    this.system = system;
    this.directory = directory;
  }

  static async set(): Promise<HookScene> {
    const scene = await setScene();
    const { gateway } = scene;
    const directory = mkdtempSync(join(tmpdir(), 'nftoggle-hooks-'));
    chmodSync(directory, 0o755);
    mkdirSync(join(directory, 'out'));
    chmodSync(join(directory, 'out'), 0o777);
    writeFileSync(join(directory, 'secret'), secret);
    writeFileSync(join(directory, 'token'), `${token}\n`);
    for (const [name, text] of Object.entries(programs))
      writeFileSync(join(directory, `${name}.sh`), text, { mode: 0o755 });
    await startTcpEcho(gateway, { port });
    await startUdpEcho(gateway, { port });
    const receiver = await WebhookReceiver.start(gateway);
    const system = await System.start(gateway, configOf(receiverIn(gateway), receiver.port, directory), {
      forHooks: directory,
    });
    return new HookScene(scene, receiver, system, directory);
  }

  get config(): string {
    return configOf(receiverIn(this.scene.gateway), this.receiver.port, this.directory);
  }

  /** What programs write to. */
  out(name: string): string {
    return join(this.directory, 'out', name);
  }

  /** Lines of what programs wrote; none before they did. */
  linesOf(name: string): readonly string[] {
    const file = this.out(name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** Programs that wait end by this, also those that outlived their hooks. */
  letGo(): void {
    writeFileSync(this.out('patient.go'), '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.letGo();
    await this.system[Symbol.asyncDispose]();
    await this.scene[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The loopback of a container is not that of its host. */
function receiverIn(gateway: Host): string {
  return isComposed ? gateway.on('lan').ipv4 : '127.0.0.1';
}

function configOf(address: string, receiverPort: number, directory: string): string {
  const receiver = `http://${address}:${receiverPort}`;
  const told = 'on: [session_started, access_denied, grant_issued, hook_failed, config_refused]';
  return `
version: 1
node: box
timezone: UTC
devices: { phone: { address: [${friend4}, "${friend6}"] } }
people: { leo: { devices: [phone] } }
services:
  game: { ports: [${port}/tcp, ${port}/udp], allow: [leo] }
  stuck: { ports: [7502/tcp] }
  patient: { ports: [7503/tcp] }
  broken: { ports: [7504/tcp] }
hooks:
${formats
  .map(
    (format) => `  ${format}:
    ${told}
    webhook: ${receiver}${paths[format]}
    format: ${format}
    allow_local: ${address}
    secret_file: ${directory}/secret
    token_file: ${directory}/token
    headers: { X-House: box }`,
  )
  .join('\n')}
  diary: { ${told}, run: [${directory}/diary.sh, ${directory}/out] }
  stuck:
    on: [grant_issued]
    services: [stuck]
    run: [${directory}/stuck.sh, ${directory}/out]
    timeout: 1s
    retry_for: 0s
  patient:
    on: [grant_issued]
    services: [patient]
    run: [${directory}/patient.sh, ${directory}/out]
    timeout: 60s
  broken:
    on: [grant_issued]
    services: [broken]
    webhook: ${receiver}/broken
    allow_local: ${address}
    timeout: 2s
    retry_for: 3s
`;
}
