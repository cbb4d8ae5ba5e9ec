// SPDX-License-Identifier: MIT
// What a story is told with: a network of namespaces, nftoggle guarding its gateway, and a narrator who
// shows what really happened and checks every claim that he makes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemStatus } from '@nftoggle/contracts';
import { type Child, capturePackets, type Host, type HostName, type Lab } from '@nftoggle/lab';
import type { Paint } from '../paint.ts';
import { projectRoot } from '../paths.ts';

const width = 78;

export class Stage {
  readonly lab: Lab;
  #config: string;
  readonly #state = mkdtempSync(join(tmpdir(), 'nftoggle-demo-'));
  readonly #paint: Paint;
  readonly #print: (line: string) => void;
  #up: Child | undefined;
  #claims = 0;
  #failed: string[] = [];

  constructor(lab: Lab, config: string, paint: Paint, print: (line: string) => void) {
    this.lab = lab;
    this.#config = config;
    this.#paint = paint;
    this.#print = print;
  }

  get gateway(): Host {
    return this.lab.host('gateway');
  }

  get claims(): { readonly made: number; readonly failed: readonly string[] } {
    return { made: this.#claims, failed: this.#failed };
  }

  title(text: string): void {
    this.#print(`\n${this.#paint('bold', text)}\n${'═'.repeat(Math.min(width, text.length))}`);
  }

  chapter(text: string): void {
    this.#print(`\n${this.#paint('bold', `── ${text} ${'─'.repeat(Math.max(0, width - text.length - 4))}`)}`);
  }

  say(...lines: readonly string[]): void {
    for (const line of lines) this.#print(line);
  }

  /** A drawing, or what a program printed, set apart from the narrator's words. */
  show(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.#print(this.#paint('dim', `    ${line}`));
  }

  /** Something the reader is told as a fact: ✓ when it is so, ✗ when it is not, and the demo then fails. */
  claim(text: string, holds: boolean, seen = ''): void {
    this.#claims += 1;
    if (!holds) this.#failed.push(text);
    const sign = holds ? this.#paint('green', '✓') : this.#paint('red', '✗');
    this.#print(`  ${sign} ${text}${seen === '' ? '' : this.#paint('dim', `  (${seen})`)}`);
  }

  /** Runs a command on a host, in plain sight. */
  async type(
    who: HostName,
    argv: readonly string[],
    keep: (line: string) => boolean = () => true,
  ): Promise<string> {
    const shown = argv.map((word) => word.replace(`${projectRoot}/`, ''));
    this.#print(
      `\n  ${this.#paint('yellow', `${who}$`)} ${shown.filter((word) => !word.startsWith('--state=')).join(' ')}`,
    );
    const { stdout } = await this.lab.host(who).run(argv, { allowFailure: true, timeoutMs: 120_000 });
    this.show(stdout.split('\n').filter(keep).join('\n'));
    return stdout;
  }

  /** Runs a client command of nftoggle on the gateway, in plain sight. */
  nftoggle(...argv: readonly string[]): Promise<string> {
    return this.type('gateway', [join(projectRoot, 'nftoggle'), ...argv, `--state=${this.#state}`]);
  }

  /** Runs a command that needs no running nftoggle, in plain sight. */
  nftoggleOffline(...argv: readonly string[]): Promise<string> {
    return this.type('gateway', [join(projectRoot, 'nftoggle'), ...argv]);
  }

  get config(): { readonly path: string; readonly text: string } {
    return { path: this.#config, text: readFileSync(this.#config, 'utf8') };
  }

  /** From now on the story plays with this text, in a file of its own. */
  changeConfig(name: string, text: string): void {
    this.#config = join(this.#state, name);
    writeFileSync(this.#config, text);
  }

  /** Starts `nftoggle up` and shows what it says until it guards. */
  async guard(): Promise<void> {
    const shown = this.#config.replace(`${projectRoot}/`, '').replace(`${this.#state}/`, '');
    this.#print(`\n  ${this.#paint('yellow', 'gateway$')} nftoggle up --config ${shown}`);
    const started = performance.now();
    this.#up = this.gateway.start([
      join(projectRoot, 'nftoggle'),
      'up',
      '--config',
      this.#config,
      '--state',
      this.#state,
    ]);
    const [line] = await this.#up.waitFor(/^guarding .*/m, 30_000);
    this.show(line);
    this.say(`  It took ${((performance.now() - started) / 1_000).toFixed(1)} s.`);
  }

  /** Packets that the kernel has ever handed to nftoggle with a question, over all its queues. */
  async packetsAskedAbout(): Promise<number> {
    const argv = [join(projectRoot, 'nftoggle'), 'status', '-o', 'json', `--state=${this.#state}`];
    const { stdout } = await this.gateway.run(argv);
    const { interceptor } = SystemStatus.parse(JSON.parse(stdout));
    if (interceptor === null) throw new Error('the interceptor does not answer');
    return interceptor.queues.reduce((sum, { total }) => sum + total, 0);
  }

  /** kill -9 of daemons, by what their pid files say. */
  async kill(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const { stdout } = await this.gateway.run(['cat', join(this.#state, 'run', `${name}.pid`)]);
      process.kill(Number(stdout), 'SIGKILL');
    }
  }

  /** Counts the packets from a guarded place that reach `who` while `work` goes on. */
  async packetsBack(who: HostName, filter: string, work: () => Promise<unknown>): Promise<number> {
    const capture = await capturePackets(this.lab.host(who), 'eth0', filter);
    await work();
    const { count, dropped } = await capture.stop();
    if (dropped > 0) throw new Error('the capture was not complete, so its count proves nothing');
    return count;
  }

  /** Ends nftoggle and takes the guard away. */
  async unguard(): Promise<void> {
    await this.nftoggle('down');
    this.#up = undefined;
  }

  async close(): Promise<void> {
    await this.#up?.stop('SIGTERM', 10_000);
    rmSync(this.#state, { recursive: true, force: true });
  }
}
