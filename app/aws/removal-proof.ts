// Proves by AWS's own answers, read twice with a gap between, that a grant's access is gone from Identity Center.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  paginateListAccountAssignments,
  paginateListAccountsForProvisionedPermissionSet,
} from '@aws-sdk/client-sso-admin';
import { namedSets } from './access-list.ts';
import { type Answer, collect, evidenceOf } from './answer.ts';
import type { Instance } from './client.ts';
import { isNotFound } from './failure.ts';
import type { NameCache } from './name-cache.ts';
import { pendingRequests } from './pending.ts';
import type { Evidence, RemovalProof } from './port.ts';

export type RemovalQuestion = {
  readonly permissionSetName: string;
  readonly arn: string | null;
  readonly accountId: string | null;
  readonly signal?: AbortSignal;
};

type Round =
  | { readonly kind: 'absent'; readonly evidence: readonly Evidence[] }
  | { readonly kind: 'not-proven'; readonly reason: string };

/** One reading may meet a copy of AWS's data that lags behind; a second one after the gap does not agree by chance. */
export const proveRemoval = async (
  instance: Instance,
  cache: NameCache,
  question: RemovalQuestion,
  gapMs: number,
): Promise<RemovalProof> => {
  const first = await look(instance, cache, question);
  if (first.kind === 'not-proven') return first;
  await sleep(gapMs, undefined, question.signal === undefined ? {} : { signal: question.signal });
  const second = await look(instance, cache, question);
  if (second.kind === 'not-proven') return second;
  return {
    kind: 'proven',
    permissionSetArn: question.arn,
    firstAt: latest(first.evidence),
    at: latest(second.evidence),
    evidence: [...first.evidence, ...second.evidence],
  };
};

const look = (
  instance: Instance,
  cache: NameCache,
  { arn, permissionSetName, accountId, signal }: RemovalQuestion,
): Promise<Round> =>
  arn === null ? lookByName(instance, cache, permissionSetName, signal) : lookByArn(instance, arn, accountId, signal);

const lookByName = async (
  instance: Instance,
  cache: NameCache,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Round> => {
  const evidence: Evidence[] = [];
  for await (const set of namedSets(instance, cache, (page) => evidence.push(evidenceOf(page)), signal)) {
    if (set.name === name)
      return { kind: 'not-proven', reason: `The permission set ${name} still exists: ${set.arn}.` };
  }
  return { kind: 'absent', evidence };
};

const lookByArn = async (
  instance: Instance,
  arn: string,
  accountId: string | null,
  signal: AbortSignal | undefined,
): Promise<Round> => {
  // Another instance's set is "not found" in ours, whether it exists or not.
  const instanceId = instance.instanceArn.split('/').at(-1) ?? '';
  if (!arn.includes(`/${instanceId}/`))
    return { kind: 'not-proven', reason: `${arn} is not of the instance ${instance.instanceArn}.` };
  // First, since a request that ends while we read must have shown up in one of the readings. These two lists must succeed:
  // they show that the instance itself is there and readable, without which "not found" would mean nothing.
  const pending = await pendingRequests(instance, arn);
  const first = pending.requests[0];
  if (first !== undefined)
    return {
      kind: 'not-proven',
      reason: `AWS is still working on the ${first.kind} ${first.requestId} of an assignment.`,
    };
  const readings = await Promise.all(readSet(instance, arn, accountId, signal));
  const present = readings.find((reading) => reading.present !== null);
  if (present?.present) return { kind: 'not-proven', reason: present.present };
  return { kind: 'absent', evidence: [...pending.evidence, ...readings.flatMap((reading) => reading.evidence)] };
};

type Reading = { readonly present: string | null; readonly evidence: readonly Evidence[] };

const readSet = (
  { sso, instanceArn }: Instance,
  arn: string,
  accountId: string | null,
  signal: AbortSignal | undefined,
): readonly Promise<Reading>[] => {
  const set = { InstanceArn: instanceArn, PermissionSetArn: arn };
  const options = signal === undefined ? {} : { abortSignal: signal };
  const assignedIn = (account: string) =>
    emptyOrGone(
      paginateListAccountAssignments({ client: sso }, { ...set, AccountId: account }, options),
      (page) => page.AccountAssignments?.map(({ PrincipalId }) => PrincipalId ?? 'unknown'),
      (principals) => `The permission set ${arn} is still assigned to ${principals.join(', ')} in account ${account}.`,
    );
  return [
    emptyOrGone(
      paginateListAccountsForProvisionedPermissionSet({ client: sso }, set, options),
      (page) => page.AccountIds,
      (accounts) => `The permission set ${arn} is still provisioned to account ${accounts.join(', ')}.`,
    ),
    ...(accountId === null ? [] : [assignedIn(accountId)]),
    gone(sso.describePermissionSet(set, options), `The permission set ${arn} still exists.`),
  ];
};

const emptyOrGone = async <Page extends Answer>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly string[] | undefined,
  sentence: (items: readonly string[]) => string,
): Promise<Reading> => {
  try {
    const { items, evidence } = await collect(pages, itemsOf);
    return { present: items.length === 0 ? null : sentence(items), evidence };
  } catch (error) {
    if (isNotFound(error)) return { present: null, evidence: [evidenceOf(error)] };
    throw error;
  }
};

const gone = async (answer: Promise<Answer>, sentence: string): Promise<Reading> => {
  try {
    return { present: sentence, evidence: [evidenceOf(await answer)] };
  } catch (error) {
    if (isNotFound(error)) return { present: null, evidence: [evidenceOf(error)] };
    throw error;
  }
};

const latest = (evidence: readonly Evidence[]): string =>
  evidence.reduce((last, { at }) => (at > last ? at : last), '');
