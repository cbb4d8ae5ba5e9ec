// SPDX-License-Identifier: MIT
import { type Config, type Hook, suggest } from '@nftoggle/config';
import {
  type CloudEvent,
  cloudEvent,
  type DeadLetter,
  type DeadLetters,
  type DeliveryOutcome,
  type EventType,
  eventTypes,
  Id,
  type Refusal,
} from '@nftoggle/contracts';
import type { Courier, Timed } from './courier.ts';
import { exampleEvent } from './example-event.ts';
import type { Letters } from './letter.ts';

export interface DeskTools {
  readonly config: () => Config;
  readonly letters: Letters;
  readonly courier: Pick<Courier, 'once'>;
  readonly now: () => number;
  /** A new UUID. */
  readonly newId: () => string;
}

/** Letters that are fetched at once. */
const atOnce = 32;

/** What people ask of hooks: a test, the dead letters, another try. */
export class LetterDesk {
  readonly #tools: DeskTools;

  constructor(tools: DeskTools) {
    this.#tools = tools;
  }

  async test(name: string, typeText: string | undefined): Promise<DeliveryOutcome | Refusal> {
    const { config, courier, now, newId } = this.#tools;
    const hook = this.#hook(name);
    if ('error' in hook) return hook;
    const type = eventTypes.find((each) => each === (typeText ?? hook.on[0]));
    if (type === undefined) return unknownEvent(typeText ?? '');
    const event = exampleEvent(type, config(), { id: newId(), now: now(), hook: hook.name });
    return outcome(hook.name, await courier.once(hook, { event, test: true }));
  }

  async list(name: string | undefined, limit: number): Promise<DeadLetters | Refusal> {
    const { letters } = this.#tools;
    // What is no name is no part of a key either, and the bus might not even take it.
    const unknown = name === undefined || Id.safeParse(name).success ? null : this.#hook(name);
    if (unknown !== null && 'error' in unknown) return unknown;
    const keys = await letters.keys(name === undefined ? undefined : `${name}.`);
    const hook = name === undefined || keys.length > 0 ? null : this.#hook(name);
    if (hook !== null && 'error' in hook) return hook;
    const found: DeadLetter[] = [];
    const wanted = keys.slice(-limit).reverse();
    for (let from = 0; from < wanted.length; from += atOnce) {
      const some = await Promise.all(wanted.slice(from, from + atOnce).map((key) => letters.get(key)));
      // Somebody else may have removed one meanwhile.
      found.push(...some.filter((letter) => letter !== undefined));
    }
    return { letters: found.flatMap(summary), total: keys.length };
  }

  /** One try; the letter is gone when that delivers it. */
  async retry(id: string): Promise<DeliveryOutcome | Refusal> {
    const { letters, courier } = this.#tools;
    const key = await this.#keyOf(id);
    const letter = key === undefined ? undefined : await letters.get(key);
    if (key === undefined || letter === undefined) return unknownLetter(id);
    const hook = this.#hook(letter.hook);
    if ('error' in hook) return hook;
    const event = eventOf(letter);
    if (event === null) return outcome(letter.hook, unreadable);
    const attempt = await courier.once(hook, { event, test: false });
    if (attempt.delivered) await letters.remove(key);
    return outcome(letter.hook, attempt);
  }

  async discard(id: string): Promise<DeliveryOutcome | Refusal> {
    const key = await this.#keyOf(id);
    if (key === undefined || !(await this.#tools.letters.remove(key))) return unknownLetter(id);
    const hook = key.slice(0, -id.length - 1);
    return { hook, delivered: false, detail: 'discarded', milliseconds: 0 };
  }

  async #keyOf(id: string): Promise<string | undefined> {
    const keys = await this.#tools.letters.keys();
    return keys.find((key) => key.endsWith(`.${id}`));
  }

  #hook(name: string): Hook | Refusal {
    const { hooks } = this.#tools.config();
    const hook = hooks.get(name);
    if (hook !== undefined) return hook;
    const near = suggest(name, hooks.keys());
    const remedy =
      near !== null
        ? ` Did you mean "${near}"?`
        : hooks.size === 0
          ? ' There are none: add one under "hooks".'
          : ` There are: ${[...hooks.keys()].join(', ')}.`;
    return { error: 'unknown_hook', message: `There is no hook ${JSON.stringify(name)}.${remedy}` };
  }
}

const unreadable = {
  delivered: false,
  detail: 'the event in the letter is not one that this version knows: discard it',
  milliseconds: 0,
};

function outcome(
  hook: string,
  { delivered, detail, milliseconds }: Pick<Timed, 'delivered' | 'detail' | 'milliseconds'>,
): DeliveryOutcome {
  return { hook, delivered, detail, milliseconds: Math.round(milliseconds) };
}

function unknownEvent(text: string): Refusal {
  const near = suggest(text, eventTypes);
  const remedy = near === null ? `There are: ${eventTypes.join(', ')}.` : `Did you mean "${near}"?`;
  return { error: 'unknown_name', message: `There is no event ${JSON.stringify(text)}. ${remedy}` };
}

function unknownLetter(id: string): Refusal {
  return { error: 'unknown_letter', message: `There is no dead letter ${id}.` };
}

/** A letter may have been kept by another version. */
function eventOf({ event }: DeadLetter): CloudEvent | null {
  const type: EventType | undefined = eventTypes.find((each) => each === event.type);
  return type === undefined
    ? null
    : ((cloudEvent(type).safeParse(event).data as CloudEvent | undefined) ?? null);
}

function summary({ id, hook, at, problem, attempts, event }: DeadLetter): DeadLetters['letters'] {
  const { id: eventId, type, time } = event;
  if (typeof eventId !== 'string' || typeof type !== 'string' || typeof time !== 'string') return [];
  return [{ id, hook, at, problem, attempts, event: { id: eventId, type, time } }];
}
