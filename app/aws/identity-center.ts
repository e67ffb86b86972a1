// IAM Identity Center as the app's port sees it: look-ups, proofs, the early deny and deletions, over the AWS SDK.
import { ResourceNotFoundException } from '@aws-sdk/client-identitystore';
import type { Logger } from 'pino';
import { findAccess, listAccess } from './access-list.ts';
import { createClock } from './answer.ts';
import { createIdentityStore, createSsoAdmin, type Instance } from './client.ts';
import { correctAccess } from './correction.ts';
import { deleteAccess } from './deletion.ts';
import { denyEarly } from './early-deny.ts';
import { examineSet } from './examination.ts';
import { explain, explained } from './failure.ts';
import { compareGrant, proveGrant } from './grant-proof.ts';
import { createLimiter, inShare, type Lane, type Limiter } from './limiter.ts';
import { createNameCache, type NameCache } from './name-cache.ts';
import type { IdentityCenter } from './port.ts';
import { proveRemoval } from './removal-proof.ts';

export type IdentityCenterOptions = {
  readonly region: string;
  readonly instanceArn: string;
  readonly identityStoreId: string;
  /** GitHub's numeric id of the access repository: what the tag `breakglass:ledger` must say. */
  readonly repositoryId: number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Where the names of permission sets are kept over restarts. */
  readonly cacheFile?: string;
  readonly proofGapMs?: number;
  readonly pollMs?: number;
  /** How long to wait for AWS's asynchronous work, or for a busy account. */
  readonly patienceMs?: number;
  readonly answerMs?: number;
  /** Shared by everything in this process that asks the same organisation. */
  readonly limiter?: Limiter;
};

export const createIdentityCenter = (options: IdentityCenterOptions): IdentityCenter => {
  const { region, instanceArn, repositoryId, log, pollMs = 1000, proofGapMs = 30_000, patienceMs = 300_000 } = options;
  const { limiter = createLimiter(), answerMs = 10_000 } = options;
  const watch = { region, clock: createClock(), answerMs };
  const place = { region, instanceArn };
  const through = (lane: Lane): Instance => ({ sso: createSsoAdmin(lane, watch), instanceArn, pollMs, patienceMs });
  const [urgent, ordinary, sweep] = [through(limiter.urgent), through(limiter.ordinary), through(limiter.sweep)];
  const names = once(() => createNameCache(options.cacheFile));
  const hurried = <T>(endingIn: string | null | undefined, run: (instance: Instance) => Promise<T>): Promise<T> =>
    endingIn == null ? run(ordinary) : inShare(endingIn, () => run(urgent));

  return {
    clockDifferenceMs: watch.clock.differenceMs,
    list: () => explained(place, async () => listAccess(sweep, await names())),
    find: (name, endingIn) =>
      explained(place, () => hurried(endingIn, async (instance) => findAccess(instance, await names(), name))),
    userExists: userLookup(options, createIdentityStore(limiter.ordinary, watch)),
    proveGranted: (grant, arn, inlinePolicy) => unproven(place, () => proveGrant(ordinary, grant, arn, inlinePolicy)),
    compare: (grant, arn, inlinePolicy) => explained(place, () => compareGrant(sweep, grant, arn, inlinePolicy)),
    correct: (grant, arn, inlinePolicy, signal) =>
      explained(place, async () => {
        const corrected = await correctAccess(ordinary, { grant, arn, inlinePolicy, signal });
        log.info({ grant: grant.id, arn, ...corrected }, 'put right');
        return corrected;
      }),
    examine: (arn) => explained(place, () => examineSet(sweep, arn)),
    deny: (denial) =>
      explained(place, async () => {
        const { arn, accountId } = denial;
        const outcome = await hurried(accountId, (instance) => denyEarly(instance, repositoryId, denial));
        log.info({ arn, account: accountId, outcome }, 'early deny');
      }),
    remove: (arn, endingIn) =>
      explained(place, async () => {
        const outcome = await hurried(endingIn, (instance) => deleteAccess(instance, arn, repositoryId));
        log.info({ arn, outcome }, 'permission set deleted');
      }),
    proveRemoved: (question) =>
      unproven(place, async () => proveRemoval(ordinary, await names(), question, proofGapMs)),
  };
};

type Place = Parameters<typeof explain>[1];
type NotProven = { readonly kind: 'not-proven'; readonly reason: string };

/** What cannot be read is not proved: a proof never throws. */
const unproven = async <T>(place: Place, prove: () => Promise<T>): Promise<T | NotProven> => {
  try {
    return await prove();
  } catch (error) {
    return { kind: 'not-proven', reason: explain(error, place) };
  }
};

const userLookup =
  (
    { identityStoreId, region, instanceArn, log }: IdentityCenterOptions,
    store: ReturnType<typeof createIdentityStore>,
  ) =>
  async (userId: string): Promise<'yes' | 'no' | 'unknown'> => {
    try {
      await store.describeUser({ IdentityStoreId: identityStoreId, UserId: userId });
      return 'yes';
    } catch (error) {
      if (isMissingUser(error)) return 'no';
      log.warn({ userId, reason: explain(error, { region, instanceArn }) }, 'user look-up failed');
      return 'unknown';
    }
  };

// Only "no such USER" is a no: a missing identity store or KMS key (`Reason`) says nothing about the person, whose grants a
// no ends. The type may be absent from the answer; AWS's sentence is then "USER not found."
const isMissingUser = (error: unknown): boolean =>
  error instanceof ResourceNotFoundException &&
  error.Reason === undefined &&
  (error.ResourceType ?? error.message.split(' ')[0]) === 'USER';

const once = (make: () => Promise<NameCache>): (() => Promise<NameCache>) => {
  let made: Promise<NameCache> | null = null;
  return () => {
    made ??= make();
    return made;
  };
};
