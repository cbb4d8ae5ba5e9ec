// SPDX-License-Identifier: MIT
// Builds images from a Dockerfile, as `docker compose build` does, on a machine that has no registry: with an engine in
// this machine's own network, whose firewall it leaves alone, and with base images made here. It keeps its cache.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from './engine.ts';
import { cache, partPath, prepare } from './prepared.ts';

const images = join(cache, 'images');
/** A build installs packages and compiles; nothing is known of the machine. */
const buildMs = 20 * 60_000;

/** A daemon without a network for containers, which touches no rule and no sysctl of the machine. */
export const offlineFlags = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false'];

/** Builds run in the host's own network. */
export async function startBuilder(): Promise<Engine> {
  await prepare('engine', 'bases');
  const dataRoot = join(cache, 'builder');
  mkdirSync(dataRoot, { recursive: true });
  const builder = await Engine.startWith(undefined, {
    flags: offlineFlags,
    dataRoot,
    // One at a time may use the cache.
    lock: join(cache, 'builder.lock'),
  });
  try {
    await importBase(builder, 'debian.tar', 'debian:trixie-slim', 'CMD ["bash"]');
    await importBase(builder, 'node.tar', 'node:24-trixie-slim', 'CMD ["node"]');
    return builder;
  } catch (error) {
    await builder[Symbol.asyncDispose]();
    throw error;
  }
}

/** An image that is there stays: a new one, were it the same, would make the cache useless. */
async function importBase(builder: Engine, tar: string, name: string, command: string): Promise<void> {
  const bases = partPath('bases');
  const label = `made-by=${readFileSync(join(bases, '.made-by'), 'utf8').trim()}`;
  const { stdout } = await builder.docker(['images', '--quiet', '--filter', `label=${label}`, name]);
  if (stdout === '') await builder.import(join(bases, tar), name, command, `LABEL ${label}`);
}

/** Proxies of this machine, by the arguments that every Dockerfile has. */
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'].flatMap(
  (name) => (process.env[name] === undefined ? [] : ['--build-arg', name]),
);

/**
 * Builds all that a compose file builds, and resolves to the file to `Engine.load`. What has not changed since the
 * last time takes seconds.
 */
export async function buildImages(composeFile: string): Promise<string> {
  await using builder = await startBuilder();
  const compose = ['compose', '--file', composeFile];
  await build(builder, [...compose, '--progress', 'plain', 'build', ...proxies]);
  const { stdout } = await builder.docker([...compose, 'config', '--images']);
  const names = [...new Set(stdout.trim().split('\n'))].sort();
  return await save(builder, names);
}

/** Of a build that fails, people want to see the end. */
async function build(builder: Engine, argv: readonly string[]): Promise<void> {
  const options = { timeoutMs: buildMs, allowFailure: true };
  const { code, stdout, stderr } = await builder.docker(argv, options);
  if (code === 0) return;
  const tail = `${stdout}\n${stderr}`.split('\n').slice(-60).join('\n');
  throw new Error(`docker ${argv.join(' ')} ended with ${code}:\n${tail}`);
}

async function save(builder: Engine, names: readonly string[]): Promise<string> {
  const { stdout } = await builder.docker([
    'image',
    'inspect',
    '--format',
    '{{.RepoTags}} {{.Id}}',
    ...names,
  ]);
  const tar = join(images, `${names.join('+').replaceAll(/[^\w.+-]/g, '_')}.tar`);
  const idsFile = `${tar}.ids`;
  if (existsSync(tar) && existsSync(idsFile) && readFileSync(idsFile, 'utf8') === stdout) return tar;
  mkdirSync(images, { recursive: true });
  rmSync(idsFile, { force: true });
  await builder.docker(['save', '--output', `${tar}.new`, ...names], { timeoutMs: buildMs });
  renameSync(`${tar}.new`, tar);
  writeFileSync(idsFile, stdout);
  return tar;
}
