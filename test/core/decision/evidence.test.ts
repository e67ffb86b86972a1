// The same facts give the same decision: written as JSON, read again elsewhere, decided again.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../../app/core/decision/decide.ts';
import { type Evidence, readEvidence, writeEvidence } from '../../../app/core/decision/evidence.ts';
import type { PullFacts } from '../../../app/core/decision/facts.ts';
import type { MembershipAnswers } from '../../../app/core/decision/membership-answers.ts';
import type { Edits } from '../../../app/core/decision/people.ts';
import { fromPlain, toPlain } from '../../../app/core/decision/plain.ts';
import { factsOf } from '../../../app/core/decision/provenance.ts';
import { HistoryBuilder, hash } from '../ledger/history-builder.ts';
import {
  type Asked,
  app,
  at,
  boss,
  bot,
  commander,
  comment,
  emptyLedger,
  facts,
  grantText,
  hubot,
  lead,
  memberships,
  octocat,
  outsider,
  PRODUCTION,
  pull,
  push,
  review,
  second,
  TEAMS,
  world,
} from './facts-builder.ts';

const APPROVE = '/approve-emergency';
const PEOPLE = [octocat, hubot, boss, lead, commander, second, outsider, bot, app];
const history = new HistoryBuilder();
history.grant('live-one', 0);
history.grant('live-two', 1);
const live = history.ledger();

/** What GitHub would have answered, about everybody. */
function answersOf({ ledger, membership }: PullFacts): MembershipAnswers {
  const teams = [...ledger.policy.value.settings.teams].map(([team, { id }]) => ({ team, wanted: id, actual: id }));
  const people = teams.flatMap(({ team, wanted }) =>
    PEOPLE.map(({ login, id }) => {
      const answer = membership({ kind: 'team', team, id: wanted }, id);
      return { team, login, userId: id, answer };
    }),
  );
  return { teams, people };
}

function evidenceOf(asked: Asked): Evidence {
  const made = facts(asked);
  return {
    repository: { owner: 'acme', name: 'access' },
    seen: { tip: made.ledger.tip, mergeBase: hash('base'), answers: answersOf(made) },
    facts: made,
  };
}

/** As a file would hold it. */
const written = (evidence: Evidence): unknown => JSON.parse(JSON.stringify(writeEvidence(evidence)));

function readBack(evidence: Evidence): Evidence {
  const read = readEvidence(written(evidence));
  if (read.kind === 'unusable') throw new Error(read.reason);
  return read.evidence;
}

function expectSame(asked: Asked): ReturnType<typeof decide> {
  const evidence = evidenceOf(asked);
  const again = readBack(evidence);
  const decision = decide(evidence.facts);
  expect(decide(again.facts)).toEqual(decision);
  expect(written(again)).toEqual(written(evidence));
  expect(factsOf(again)).toEqual(factsOf(evidence));
  return decision;
}

const owners: Asked = {
  change: { kind: 'owners', paths: ['policies/rules.yaml'], policies: true },
  mergedPolicy: { tree: hash('next'), policy: { kind: 'ok', value: emptyLedger.policy.value } },
};
/** Who is a requester by a team alone. */
const hubots: Asked = {
  pull: pull({ author: hubot }),
  pushes: [push({ actor: hubot })],
  text: PRODUCTION.replace('octocat', 'hubot'),
};
const edited = (edits: Edits): Asked => ({
  comments: [comment(APPROVE, commander, { nodeId: 'IC_e' })],
  edits: new Map([['IC_e', edits]]),
});
const longer = grantText({ duration: '2h' });
const extension: Asked = { id: 'live-one', text: longer, changes: [world.edit('live-one', longer)], ledger: live };
const removal: Asked = { changes: [world.remove('live-one')], ledger: live };
const proof = { kind: 'proven', ended: 'deadline', proof: 'proven requests 1 2' } as const;

describe('decided again', () => {
  test.each<[name: string, phase: string, asked: Asked]>([
    ['waiting', 'waiting', {}],
    ['approved', 'approved', { comments: [comment(APPROVE)] }],
    ['approved by the rule', 'approved', { text: grantText({ account: 'staging' }) }],
    ['denied', 'denied', { text: grantText({ account: 'prod-payments' }) }],
    ['unreadable', 'denied', { text: 'requester: [' }],
    ['rejected', 'closed', { comments: [comment('/reject')] }],
    ["another's push", 'unapprovable', { pushes: [push({ actor: hubot })] }],
    ['an unknown membership', 'denied', { ...hubots, membership: memberships({ ...TEAMS, sre: 'unknown' }) }],
    ['opened again', 'waiting', { comments: [comment(APPROVE)], reopenedAt: at(2) }],
    ['a review', 'approved', { reviews: [review('APPROVED')] }],
    ['an edit that only the history shows', 'waiting', edited('edited')],
    ['an edit that GitHub does not tell of', 'waiting', edited('unknown')],
    ['words that GitHub knows to be unedited', 'approved', edited('unedited')],
    ['no user in AWS', 'denied', { awsUser: 'no' }],
    ['the owners, one of two', 'waiting', { ...owners, comments: [comment(APPROVE, boss)] }],
    ['the owners', 'approved', { ...owners, comments: [comment(APPROVE, boss), comment(APPROVE, lead)] }],
    ['an extension', 'approved', extension],
    ['an extension of what was revoked', 'denied', { ...extension, revoked: () => 'revoked by octocat' }],
    [
      'a removal that waits',
      'waiting',
      { ...removal, removals: new Map([['live-one', { kind: 'waiting', sentence: 'x' }]]) },
    ],
    ['a removal with its proof', 'approved', { ...removal, removals: new Map([['live-one', proof]]) }],
    ["somebody else's removal", 'denied', { ...removal, removals: new Map([['live-one', { kind: 'live' }]]) }],
  ])('%s', (_, phase, asked) => {
    expect(expectSame(asked).phase.kind).toBe(phase);
  });

  test('whatever is combined with whatever', () => {
    const user = fc.constantFrom(...PEOPLE, null);
    const body = fc.oneof(
      fc.constantFrom(APPROVE, '/reject', '/revoke', `${APPROVE} ${hash('the head')}`),
      fc.string(),
    );
    const said = fc
      .tuple(body, user, fc.integer({ min: -5, max: 30 }), fc.boolean())
      .map(([text, author, minutes, edited]) =>
        comment(text, author, { minutes, ...(edited ? { updatedAt: at(minutes + 1) } : {}) }),
      );
    const kind = fc.constantFrom<Asked>({}, { text: grantText({ account: 'staging' }) }, owners, extension, removal);
    const asked = fc.record({
      comments: fc.array(said, { maxLength: 4 }),
      pushes: fc.array(
        user.map((actor) => push({ actor })),
        { maxLength: 2 },
      ),
      pull: fc.tuple(user, fc.boolean()).map(([author, draft]) => pull({ author, draft })),
      reopenedAt: fc.constantFrom(null, at(1)),
      now: fc.integer({ min: 0, max: 200 }).map(at),
      awsUser: fc.constantFrom('yes', 'no', 'unknown'),
      membership: fc.constantFrom(memberships(), memberships({ ...TEAMS, 'incident-commanders': 'unknown' })),
      ledger: fc.constantFrom(emptyLedger, live),
    });
    const phases = new Set<string>();
    fc.assert(
      fc.property(kind, asked, (what, more) => {
        phases.add(expectSame({ ...what, ...more }).phase.kind);
      }),
      { numRuns: 150 },
    );
    expect(phases.size).toBeGreaterThanOrEqual(3);
  });

  test('a team that is another one than settings.yaml names is nobody, here as there', () => {
    const evidence = evidenceOf(hubots);
    expect(decide(evidence.facts).phase.kind).toBe('waiting');
    const teams = evidence.seen.answers.teams.map((one) => ({ ...one, actual: 1 }));
    const again = readBack({ ...evidence, seen: { ...evidence.seen, answers: { ...evidence.seen.answers, teams } } });
    expect(decide(again.facts).phase.kind).toBe('denied');
  });
});

describe('facts with their sources', () => {
  const listed = factsOf(
    evidenceOf({
      comments: [comment(`${APPROVE}\n\u001b[31mred`, commander, { nodeId: 'IC_here' })],
      reviews: [review('COMMENTED')],
      awsUser: 'yes',
    }),
  );

  test('each has a value and a source', () => {
    for (const one of listed) expect([one.fact, one.value, one.from]).not.toContain('');
  });

  test.each([
    ['head', hash('the head')],
    ['policy in force', emptyLedger.policy.tree],
    ['merge base', hash('base')],
    ['membership', `commander (7001) in incident-commanders: member`],
    ['change', 'request: grants/first.yaml, blob '],
    ['push', 'octocat (User 583231)'],
    ['time', '2026-11-22T03:05:00Z'],
    ['user in AWS', 'yes'],
    ['edits of IC_here', 'unedited'],
  ])('%s: %s', (fact, value) => {
    expect(listed.filter((one) => one.fact === fact).map((one) => one.value)).toContainEqual(
      expect.stringContaining(value),
    );
  });
});

describe('what is no evidence is refused', () => {
  const good = written(evidenceOf({ text: PRODUCTION })) as Record<string, Record<string, unknown>>;
  test.each<[unknown, string]>([
    [null, 'no JSON object'],
    [[], 'no JSON object'],
    [{}, 'its format is not 1'],
    [{ ...good, format: 2 }, 'its format is not 1'],
    [{ ...good, facts: undefined }, 'facts is missing'],
    [{ ...good, revoked: {} }, 'is missing'],
    [{ ...good, seen: {} }, 'seen.answers'],
    [{ ...good, facts: { ...good.facts, now: 'today' } }, 'facts.now'],
    [{ ...good, facts: { ...good.facts, ledger: [] } }, 'facts.ledger'],
    [{ ...good, facts: { ...good.facts, comments: null } }, 'facts.comments'],
    [{ ...good, facts: { ...good.facts, edits: [] } }, 'facts.edits'],
    [{ ...good, facts: { ...good.facts, now: { $time: 'today' } } }, '"$time" holds no time'],
    [{ ...good, facts: { ...good.facts, now: { $date: 1 } } }, '"$date" is no mark'],
    [{ ...good, facts: { ...good.facts, removals: { $map: 'x' } } }, 'must be a list'],
    [{ ...good, facts: { ...good.facts, removals: { $map: [['x']] } } }, 'a pair has'],
  ])('%#', (json, words) => {
    const read = readEvidence(json);
    expect(read).toEqual({ kind: 'unusable', reason: expect.stringContaining(words) });
  });
});

describe('plain data', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.date({ noInvalidDate: true }),
    fc.constantFrom('$time', '__proto__', 'constructor'),
  );
  const { any } = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$time', '$map', '$')), tie('any'), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
      fc.array(fc.tuple(fc.string(), tie('any')), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(fc.string(), { maxLength: 4 }).map((items) => new Set(items)),
    ),
  }));

  test('comes back as it was, whatever its keys are called', () => {
    fc.assert(
      fc.property(any, (value) => {
        expect(fromPlain(JSON.parse(JSON.stringify(toPlain(value))))).toEqual(value);
      }),
    );
  });

  test.each([[() => 1], [Number.NaN], [Buffer.from('x')], [undefined], [1n]])('%s is no data', (value) => {
    expect(() => toPlain(value)).toThrow('no plain data');
  });
});
