// Approval over random histories: an independent, naive model says what is right, person by person.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeApproval, wordsToAsk } from '../../../app/core/decision/approval.ts';
import type { Edits, User } from '../../../app/core/decision/people.ts';
import { hash } from '../ledger/history-builder.ts';
import {
  at,
  bot,
  commander,
  comment,
  facts,
  hubot,
  memberships,
  octocat,
  outsider,
  pull,
  push,
  review,
  second,
  ZERO,
} from './facts-builder.ts';

const TTL_MINUTES = 15;
const PEOPLE = [octocat, commander, second, outsider, bot];

type Approving = {
  readonly kind: 'comment' | 'review';
  readonly by: User;
  readonly at: number;
  /** No commit, the head that it had then, or that of the end. */
  readonly names: 'none' | 'then' | 'last';
  readonly editedInRest: boolean;
  readonly edits: Edits;
};

/** One thing that somebody did at a minute; the branch was made before the first. */
type Deed =
  | { readonly kind: 'push'; readonly by: User; readonly at: number }
  | Approving
  | { readonly kind: 'reject' | 'changes'; readonly by: User; readonly at: number; readonly editedInRest: boolean }
  | { readonly kind: 'reopen'; readonly at: number };

const minute = fc.integer({ min: 1, max: 20 });
const person = fc.constantFrom(...PEOPLE);
const common = { by: person, at: minute, editedInRest: fc.boolean() };
const approving = fc.record({
  kind: fc.constantFrom('comment' as const, 'review' as const),
  ...common,
  editedInRest: fc.nat({ max: 5 }).map((n) => n === 0),
  names: fc.constantFrom('none' as const, 'then' as const, 'last' as const),
  edits: fc.constantFrom<Edits>('unedited', 'unedited', 'unedited', 'edited', 'unknown'),
});
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 8, arbitrary: approving },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('reject' as const, 'changes' as const), ...common }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), at: minute }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      by: fc.constantFrom(octocat, octocat, hubot),
      at: minute,
    }),
  },
);

type World = {
  readonly deeds: readonly Deed[];
  readonly members: readonly User[];
  /** GitHub does not say whether they are. */
  readonly unanswered: readonly User[];
  readonly count: number;
  readonly now: number;
};

const worlds: fc.Arbitrary<World> = fc
  .record({
    deeds: fc.array(deed, { maxLength: 7 }),
    members: fc.subarray([commander, second, octocat, bot], { minLength: 1 }),
    unanswered: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray([second, outsider, octocat, bot])),
    count: fc.constantFrom(1, 1, 2),
    now: fc.integer({ min: 21, max: 40 }),
  })
  // Nothing happens twice in one minute: who was first within a second is another test's matter.
  .map((world) => ({ ...world, deeds: inTurn(world.deeds) }));

function inTurn(deeds: readonly Deed[]): readonly Deed[] {
  const sorted = deeds.toSorted((a, b) => a.at - b.at);
  return sorted.filter((one, i) => one.at !== sorted[i - 1]?.at);
}

const isApproving = (one: Deed): one is Approving => one.kind === 'comment' || one.kind === 'review';
const isPush = (one: Deed) => one.kind === 'push';
const headAt = ({ deeds }: World, when: number): string =>
  hash(`head ${deeds.filter((one) => isPush(one) && one.at <= when).length}`);
const lastHead = (world: World): string => headAt(world, 100);
const namedBy = (world: World, one: Approving): string | null =>
  one.names === 'none' ? null : headAt(world, one.names === 'then' ? one.at : 100);

/** As the design has it in words, and as slowly as that. */
function model(world: World): { readonly kind: string; readonly by: readonly number[] } {
  const { deeds, unanswered, count, now } = world;
  const members = world.members.filter((one) => !unanswered.includes(one));
  const none = (kind: string) => ({ kind, by: [] });
  const reopened = Math.max(0, ...deeds.filter((one) => one.kind === 'reopen').map((one) => one.at));
  const isMember = (user: User) => members.includes(user);
  for (const one of deeds)
    if (one.kind === 'reject' && one.by.type === 'User' && !one.editedInRest && one.at > reopened)
      if (one.by === octocat || isMember(one.by)) return none('rejected');
  const isVetoUnknown = deeds.some(
    (one) =>
      one.kind === 'reject' &&
      one.by.type === 'User' &&
      !one.editedInRest &&
      one.at > reopened &&
      unanswered.includes(one.by),
  );
  if (deeds.some((one) => one.kind === 'push' && one.by !== octocat)) return none('unapprovable');
  const newest: { readonly by: number; readonly at: number }[] = [];
  for (const user of members) {
    if (user === octocat || user.type !== 'User') continue;
    const asked = Math.max(0, ...deeds.filter((one) => one.kind === 'changes' && one.by === user).map((one) => one.at));
    const last = deeds.filter(isApproving).findLast((one) => {
      if (one.by !== user) return false;
      // REST shows the edit of a comment, and of a review none.
      if (one.kind === 'comment' && one.editedInRest) return false;
      if (one.at <= reopened || one.at <= asked) return false;
      const named = namedBy(world, one);
      return named === null ? !deeds.some(isPush) : named === lastHead(world);
    });
    if (last === undefined) continue;
    const isOnlyButton = last.kind === 'review' && last.names === 'none';
    if (isOnlyButton || last.edits === 'unedited') newest.push({ by: user.id, at: last.at });
  }
  if (newest.length < count || isVetoUnknown) return none('waiting');
  const chosen = newest.toSorted((a, b) => b.at - a.at).slice(0, count);
  if (now - Math.max(...chosen.map((one) => one.at)) >= TTL_MINUTES) return none('lapsed');
  return { kind: 'approved', by: chosen.map((one) => one.by).toSorted() };
}

function factsOf(world: World) {
  const { deeds, members, unanswered, now } = world;
  const ofTeam = memberships({ 'incident-commanders': members });
  const edits = new Map<string, Edits>();
  const words = (one: Approving): string =>
    ['/approve-emergency', namedBy(world, one)].filter((part) => part !== null).join(' ');
  const comments = deeds.flatMap((one) => {
    if (one.kind !== 'comment' && one.kind !== 'reject') return [];
    const updated = one.editedInRest ? { updatedAt: at(one.at + 0.5) } : {};
    const said = comment(isApproving(one) ? words(one) : '/reject', one.by, { minutes: one.at, ...updated });
    if (isApproving(one)) edits.set(said.nodeId, one.edits);
    return [said];
  });
  const reviews = deeds.flatMap((one) => {
    if (one.kind === 'changes') return [review('CHANGES_REQUESTED', one.by, one.at)];
    if (one.kind !== 'review') return [];
    const said = review('APPROVED', one.by, one.at, one.names === 'none' ? 'Fine' : words(one));
    edits.set(said.nodeId, one.edits);
    return [said];
  });
  const pushes = [push({ after: hash('head 0'), before: ZERO })];
  for (const one of deeds)
    if (one.kind === 'push')
      pushes.push(
        push({ actor: one.by, before: headAt(world, one.at - 1), after: headAt(world, one.at), at: at(one.at) }),
      );
  const reopens = deeds.filter((one) => one.kind === 'reopen').map((one) => one.at);
  const known = facts({
    pull: pull({ head: { ...pull().head, sha: lastHead(world) } }),
    comments,
    reviews,
    pushes,
    reopenedAt: reopens.length === 0 ? null : at(Math.max(...reopens)),
    membership: (selector, id) => (unanswered.some((one) => one.id === id) ? 'unknown' : ofTeam(selector, id)),
    now: at(now),
  });
  // As when gathering: whatever is not asked for stays unknown.
  const asked = wordsToAsk(known).flatMap(({ nodeId }) => {
    const answer = edits.get(nodeId);
    return answer === undefined ? [] : [[nodeId, answer] as const];
  });
  return { ...known, edits: new Map(asked) };
}

test('is what the naive model says', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(worlds, (world) => {
      const approval = judgeApproval(factsOf(world), {
        entries: [{ count: world.count, from: [{ kind: 'team', team: 'incident-commanders', id: 4100002 }] }],
        approvalTtlSeconds: TTL_MINUTES * 60,
      });
      const by = approval.kind === 'approved' ? approval.by.map((one) => one.id).toSorted() : [];
      expect({ kind: approval.kind, by }).toEqual(model(world));
      seen.set(approval.kind, (seen.get(approval.kind) ?? 0) + 1);
    }),
    { numRuns: 1500 },
  );
  // A generator that never gets anywhere shows nothing.
  for (const kind of ['approved', 'waiting', 'rejected', 'unapprovable', 'lapsed'])
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(20);
});
