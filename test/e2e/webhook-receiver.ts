// SPDX-License-Identifier: MIT
// Where webhooks go: a program of its own on the loopback of a host, and what it was sent.
import { createHmac } from 'node:crypto';
import type { Child, Host } from '@nftoggle/lab';

/**
 * `hang`: no answer. `close_in_head`: the connection ends before the answer tells what it is; `close_in_body`: after
 * that. `moody`: mostly it accepts.
 */
export type Reaction =
  | 'accept'
  | 'hang'
  | 'reset'
  | 'close_in_head'
  | 'close_in_body'
  | 'moody'
  | { readonly status: number; readonly body?: string };

/** One request. */
export interface Posted {
  /** The first word of the path. */
  readonly hook: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the sender could see a status of success. */
  readonly accepted: boolean;
  /** In milliseconds since the epoch. */
  readonly at: number;
}

export class WebhookReceiver {
  readonly port: number;
  readonly #child: Child;
  readonly #posted: Posted[] = [];
  #read = 0;

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(host: Host, seed = 1): Promise<WebhookReceiver> {
    const program = `${import.meta.dirname}/programs/webhook-receiver.ts`;
    const child = host.start([process.execPath, program, String(seed)]);
    const [, port] = await child.waitFor(/^receiving on (\d+)$/, 15_000);
    return new WebhookReceiver(child, Number(port));
  }

  /** What was posted to a hook so far, in the order of arrival. */
  of(hook: string): readonly Posted[] {
    return this.all().filter((posted) => posted.hook === hook);
  }

  all(): readonly Posted[] {
    const { output } = this.#child;
    for (; this.#read < output.length; this.#read += 1) {
      const line = output[this.#read]?.text ?? '';
      if (line.startsWith('{')) this.#posted.push(JSON.parse(line) as Posted);
    }
    return this.#posted;
  }

  /** Resolves when it will react so to the next request. */
  async tell(hook: string, reaction: Reaction): Promise<void> {
    const answers = (): number => this.#child.output.filter(({ text }) => text === 'told').length;
    const before = answers();
    this.#child.write(`${JSON.stringify([hook, reaction])}\n`);
    const isTold = await this.#child.waitUntil(() => (answers() > before ? true : undefined), 5_000);
    if (isTold !== true) throw new Error('the receiver does not listen');
  }
}

/**
 * Whether a request is signed as Standard Webhooks has it: by HMAC-SHA256 over id, time and body, not long ago.
 * @param secret base64 after `whsec_`
 */
export function isSigned({ headers, body, at }: Posted, secret: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = headers;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const right = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
  return signature === `v1,${right}` && Math.abs(at / 1_000 - Number(time)) < 60;
}
