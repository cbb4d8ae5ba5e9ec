// SPDX-License-Identifier: MIT
import type { RunResult } from './command.ts';
import type { Host } from './namespace.ts';

/** Debian's scapy belongs to Debian's Python; another python3 may come first on the path. */
const PYTHON = '/usr/bin/python3';
const PRELUDE = 'import logging\nlogging.getLogger("scapy").setLevel(logging.ERROR)\n';
const SCAPY = `${PRELUDE}from scapy.all import *\nconf.verb = 0\n`;

/**
 * Runs Python in the host, with everything of scapy in scope: for packets that no socket would send.
 * Throws when the code does. Starting scapy takes about a second.
 */
export async function rawPackets(host: Host, code: string, timeoutMs = 60_000): Promise<RunResult> {
  return host.run([PYTHON, '-'], { input: SCAPY + code, timeoutMs });
}
