// SPDX-License-Identifier: MIT
import type { Id } from '@nftoggle/contracts';
import type { HookText } from './schema-hook.ts';
import type { Hook, Script, Source, Webhook } from './types.ts';

export function resolveHook(
  name: Id,
  text: HookText,
  sources: (texts: readonly string[]) => readonly Source[],
): Hook {
  return {
    name,
    on: text.on,
    services: once(text.services),
    sources: text.sources === undefined ? null : sources(text.sources),
    people: once(text.people),
    action: text.run === undefined ? resolveWebhook(text) : resolveScript(text.run, text),
    timeout: text.timeout,
    retryFor: text.retry_for,
  };
}

function resolveWebhook(text: HookText): Webhook {
  if (text.webhook === undefined) throw new TypeError('a hook without an action passed the checks');
  return {
    kind: 'webhook',
    url: text.webhook,
    format: text.format ?? 'json',
    secretFile: text.secret_file ?? null,
    tokenFile: text.token_file ?? null,
    headers: new Map(Object.entries(text.headers ?? {})),
    allowLocal: [...new Set(text.allow_local ?? [])],
  };
}

function resolveScript(argv: readonly string[], text: HookText): Script {
  return { kind: 'script', argv, runAs: text.run_as ?? 'nobody' };
}

function once(names: readonly Id[] | undefined): readonly Id[] | null {
  return names === undefined ? null : [...new Set(names)];
}
