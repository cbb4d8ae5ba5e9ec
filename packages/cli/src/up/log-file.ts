// SPDX-License-Identifier: MIT
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const rotateAt = 5 * 1024 * 1024;

/**
 * The log of one child: appended to, and at 5 MB put aside as `.1`, of which there is one. A full disk costs
 * log lines, never the supervisor.
 */
export class LogFile {
  readonly #path: string;
  readonly #limit: number;
  #descriptor: number | undefined;
  #size = 0;

  constructor(path: string, limit = rotateAt) {
    this.#path = path;
    this.#limit = limit;
  }

  append(line: string): void {
    try {
      this.#write(Buffer.from(`${line}\n`));
    } catch {
      // Nobody can be told in the log that the log cannot be written; the next line tries again.
      this.close();
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    closeSync(descriptor);
  }

  #write(bytes: Buffer): void {
    if (this.#descriptor !== undefined && this.#size + bytes.length > this.#limit) this.#rotate();
    this.#descriptor ??= this.#open();
    writeSync(this.#descriptor, bytes);
    this.#size += bytes.length;
  }

  #rotate(): void {
    this.close();
    renameSync(this.#path, `${this.#path}.1`);
  }

  #open(): number {
    const descriptor = openSync(this.#path, 'a', 0o600);
    this.#size = fstatSync(descriptor).size;
    return descriptor;
  }
}
