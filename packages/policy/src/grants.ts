// SPDX-License-Identifier: MIT
import { type Config, parseSource, suggest } from '@nftoggle/config';
import type {
  Grant,
  GrantExtendRequest,
  GrantIssued,
  GrantIssueReply,
  GrantIssueRequest,
  GrantListReply,
  GrantRevokeReply,
  GrantRevokeRequest,
  Refusal,
} from '@nftoggle/contracts';
import { type CompiledPolicy, unknownService } from '@nftoggle/decision';
import { type GrantBook, isOpen } from './grant-book.ts';
import { grantId } from './grant-id.ts';
import { untilOf } from './grant-until.ts';
import type { Publish } from './news.ts';
import type { Store } from './store.ts';
import { removeIf, type Update, update } from './update.ts';

/** Open grants of one node: more than people give, and as many as a list in one message holds. */
export const maxGrants = 200;

export interface GrantOptions {
  readonly store: Store<Grant>;
  readonly book: GrantBook;
  readonly policy: () => CompiledPolicy;
  readonly config: () => Config;
  readonly now: () => number;
  readonly publish: Publish;
  /** What whoever opens should know. */
  readonly remarks: (grant: Grant) => Pick<GrantIssued, 'overrides' | 'overrides_reason' | 'notes'>;
}

/** Answers what people ask about grants. Any replica may be asked: what one wrote the others go by. */
export class Grants {
  readonly #options: GrantOptions;

  constructor(options: GrantOptions) {
    this.#options = options;
  }

  list(): GrantListReply {
    const { store, book, now } = this.#options;
    return store.ready ? this.#listed(book.open(now())) : notReady;
  }

  async issue(request: GrantIssueRequest): Promise<GrantIssueReply> {
    const { store, book, policy, now } = this.#options;
    if (!store.ready) return notReady;
    const service = policy().services.get(request.service);
    if (service === undefined) return unknownService(policy(), request.service);
    const source = this.#sourceOf(request.source);
    if (typeof source !== 'string') return source;
    const until = untilOf(request, now(), policy().timezone);
    if (typeof until !== 'string') return until;
    const id = grantId(service.name, source);
    if (!book.has(id, now()) && book.open(now()).length >= maxGrants) return tooMany;
    const { by, why = null } = request;
    const issued = new Date(now()).toISOString();
    return this.#write({ id, service: service.name, source, issued, until, by, why }, by);
  }

  /** Gives the grant another end (and reason) where it is open, and issues it where it is not. */
  async #write(wanted: Grant, by: string): Promise<GrantIssued> {
    const { now, publish } = this.#options;
    const { before, after } = await this.#update(wanted.id, (grant) =>
      grant !== undefined && isOpen(grant, now())
        ? { ...grant, issued: wanted.issued, until: wanted.until, why: wanted.why ?? grant.why }
        : wanted,
    );
    const grant = after ?? wanted;
    const extended = grant !== wanted;
    // What took the place of a grant whose time is over ended it: nobody else will find it.
    if (before !== undefined && !extended)
      publish('grant_ended', { grant: before, by: null }, before.service);
    publish(extended ? 'grant_extended' : 'grant_issued', { grant, by }, grant.service);
    return this.#issued(grant, extended);
  }

  async extend(request: GrantExtendRequest): Promise<GrantIssueReply> {
    const { store, policy, now, publish } = this.#options;
    if (!store.ready) return notReady;
    const until = untilOf(request, now(), policy().timezone);
    if (typeof until !== 'string') return until;
    const issued = new Date(now()).toISOString();
    const { after } = await this.#update(request.id, (grant) =>
      grant !== undefined && isOpen(grant, now()) ? { ...grant, issued, until } : undefined,
    );
    if (after === undefined || !isOpen(after, now())) return this.#unknownGrant(request.id);
    publish('grant_extended', { grant: after, by: request.by }, after.service);
    return this.#issued(after, true);
  }

  async revoke(request: GrantRevokeRequest): Promise<GrantRevokeReply> {
    const { store, publish } = this.#options;
    if (!store.ready) return notReady;
    const chosen = this.#chosen(request);
    if ('error' in chosen) return chosen;
    const settled = await Promise.allSettled(chosen.grants.map(({ id }) => this.#revokeOne(id)));
    const grants = settled.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : []));
    // Those that are gone are gone, whatever became of the others.
    for (const grant of grants) publish('grant_revoked', { grant, by: request.by }, grant.service);
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return this.#listed(grants);
  }

  /** Undefined when it is gone already: it ended, or somebody else revoked it. */
  async #revokeOne(id: string): Promise<Grant | undefined> {
    const { store, book, now } = this.#options;
    const revoked = await removeIf(store, id, (grant) => isOpen(grant, now()));
    book.learn(id);
    return revoked;
  }

  async #update(id: string, change: (grant: Grant | undefined) => Grant | undefined): Promise<Update<Grant>> {
    const { store, book } = this.#options;
    const updated = await update(store, id, change);
    book.learn(id);
    return updated;
  }

  #chosen({ id, service, source }: GrantRevokeRequest): { grants: readonly Grant[] } | Refusal {
    const { book, policy, now } = this.#options;
    const open = book.open(now());
    if (id !== undefined) {
      const grants = open.filter((grant) => grant.id === id);
      return grants.length === 0 ? this.#unknownGrant(id) : { grants };
    }
    if (service === undefined) return whichGrant;
    const ofService = open.filter((grant) => grant.service === service);
    if (ofService.length === 0 && !policy().services.has(service)) return unknownService(policy(), service);
    if (source === undefined) return { grants: ofService };
    // A name that has left the configuration since is still what the grant was given to.
    const named = ofService.filter((grant) => grant.source === source);
    if (named.length > 0) return { grants: named };
    const canonical = this.#sourceOf(source);
    if (typeof canonical !== 'string') return canonical;
    return { grants: ofService.filter((grant) => grant.source === canonical) };
  }

  /** The source in the one form that it is kept in: `192.0.2.7/32` and `192.0.2.7` are the same. */
  #sourceOf(text: string): string | Refusal {
    const { policy, config } = this.#options;
    const parsed = parseSource(text, config());
    if (!parsed.ok) return { error: 'unknown_source', message: `${parsed.message} ${parsed.remedy}` };
    return policy().matcherOf(text)?.text ?? text;
  }

  #unknownGrant(id: string): Refusal {
    const { book, now } = this.#options;
    const ids = book.open(now()).map((grant) => grant.id);
    const near = suggest(id, ids);
    const hint = near === null ? 'It may have ended: look at the list of them.' : `Did you mean "${near}"?`;
    return { error: 'unknown_grant', message: `There is no open grant ${JSON.stringify(id)}. ${hint}` };
  }

  #issued(grant: Grant, extended: boolean): GrantIssued {
    const { policy, remarks } = this.#options;
    return { grant, extended, ...remarks(grant), timezone: policy().timezone };
  }

  #listed(grants: readonly Grant[]) {
    return { grants: [...grants], timezone: this.#options.policy().timezone };
  }
}

const notReady: Refusal = {
  error: 'not_ready',
  message: 'The grants have not been read from the bus yet. Try again in a moment.',
};

const tooMany: Refusal = {
  error: 'too_many',
  message: `${maxGrants} grants are open, and there can be no more. Revoke some, or write a rule for a group.`,
};

const whichGrant: Refusal = {
  error: 'unknown_grant',
  message: 'Say which grants: one by its id, or those of a service, or those of a service for one source.',
};
