// SPDX-License-Identifier: MIT
import { existsSync } from 'node:fs';

const TOOLS = ['ip', 'nft', 'nsenter', 'sysctl', 'tcpdump', 'nmap', 'cc'];
const DIRECTORIES = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];

/** What keeps a lab from running here; empty where it can. Tests that need one are pending otherwise. */
export function labObstacles(): readonly string[] {
  const missing = TOOLS.filter(
    (tool) => !DIRECTORIES.some((directory) => existsSync(`${directory}/${tool}`)),
  );
  const root = process.getuid?.() === 0 ? [] : ['needs root'];
  return [...root, ...missing.map((tool) => `needs ${tool}`)];
}
