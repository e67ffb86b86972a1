// What a proposed policy may cost before anybody approved it: nothing of what can never be merged, and each answer once.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { decide } from '../../app/core/decision/decide.ts';
import type { Ledger } from '../../app/core/ledger/ledger.ts';
import type { Pull } from '../../app/github/port.ts';
import type { Context } from '../../app/reconcile/context.ts';
import { policyChange } from '../../app/reconcile/policy-change.ts';
import type { Examination, Examine, Examined } from '../../app/reconcile/policy-examination.ts';
import { emptyLedger, facts, pull as pullOf } from '../core/decision/facts-builder.ts';
import { REPOSITORY } from '../core/ledger/history-builder.ts';

afterEach(() => vi.restoreAllMocks());

type World = {
  readonly context: Context;
  readonly asked: Examination['kind'][];
  readonly enqueued: string[];
  readonly teamsAsked: string[];
  readonly read: string[];
};

const READ: Examined = { kind: 'read', teams: new Map([['sre', { id: 5 }]]) };
const REPORTED: Examined = { kind: 'reported', report: { blocking: [], listed: ['as ever'] } };
const answer = async ({ kind }: Examination): Promise<Examined> => (kind === 'read' ? READ : REPORTED);

/** The head's sha is the name of its tree. */
function world(examine: (asked: Examination, isWanted?: () => boolean) => Promise<Examined> = answer): World {
  const [asked, enqueued, teamsAsked, read] = [[], [], [], []] as [Examination['kind'][], string[], string[], string[]];
  const context = {
    configured: { repositoryId: REPOSITORY, branch: 'main', genesis: '', fingerprints: [] },
    github: {
      now: () => new Date('2026-11-22T03:00:00Z'),
      teamMembers: async (slug: string) => {
        teamsAsked.push(slug);
        return { id: 5, members: new Set([1]), hasChildTeams: false };
      },
    },
    mirror: {
      mergeTree: async (_: string, head: string) => head,
      policiesTree: async (merged: string) => (merged.startsWith('no policies') ? null : merged),
      policyFiles: async () => new Map(),
      policyWithTests: async (tree: string) => {
        read.push(tree);
        const tests = tree.startsWith('many tests') ? 201 : 1;
        return new Map(Array.from({ length: tests }, (_, i) => [`tests/${i}.yaml`, new Uint8Array()]));
      },
    },
    examine: (async (ask, isWanted) => {
      const question = await ask();
      if (question.kind === 'too-large') return question;
      asked.push(question.kind);
      return await examine(question, isWanted);
    }) satisfies Examine,
    enqueue: (key: string) => enqueued.push(key),
  } as unknown as Context;
  return { context, asked, enqueued, teamsAsked, read };
}

let trees = 0;
const newTree = (): string => {
  trees += 1;
  return `tree ${trees}`;
};

type Look = {
  readonly tree?: string;
  readonly tip?: string;
  readonly how?: 'soon' | 'anew';
  readonly pull?: Parameters<typeof pullOf>[0];
  readonly ledger?: Ledger;
};

function look(
  { context }: World,
  { tree = newTree(), tip = 'tip', how = 'soon', ledger = emptyLedger, ...more }: Look,
) {
  const honest = pullOf(more.pull);
  const pull = { ...honest, head: { ...honest.head, sha: tree } } as Pull;
  return policyChange(context, { pull, ledger: { ...ledger, tip }, tip, how });
}

describe('a change of policy that can never be merged', () => {
  test.each([
    ['a fork', 'fork', { head: { sha: '', ref: 'x', repositoryId: 9 } }],
    ['a fork that is gone', 'fork', { head: { sha: '', ref: 'x', repositoryId: null } }],
    ['a draft', 'draft', { draft: true }],
    ['another base', 'wrong-base', { base: { sha: '', ref: 'other', repositoryId: REPOSITORY } }],
    ['no author', 'author-unknown', { author: null }],
  ] as const)('costs nothing, and its check says why: %s', async (_, code, more) => {
    const made = world();
    const change = await look(made, { pull: more });
    expect(change).toEqual({ kind: 'facts', mergedPolicy: null, policyReport: null });
    expect([made.asked, made.teamsAsked, made.read]).toEqual([[], [], []]);
    // Also where the branch holds what nobody authorized: there is nothing to say about what was not read.
    for (const policyDiverged of [false, true]) {
      const { phase, verdict } = decide(
        facts({
          change: { kind: 'owners', paths: ['policies/rules.yaml'], policies: true },
          pull: pullOf(more),
          ledger: { ...emptyLedger, policyDiverged },
        }),
      );
      expect(phase.kind).toBe('denied');
      expect(verdict).toMatchObject({ kind: 'denied', violations: [{ code }] });
      expect(verdict.kind === 'denied' && verdict.violations).toHaveLength(1);
    }
  });
});

describe('a change of policy', () => {
  test('that changes no policy, or leaves none, is not examined', async () => {
    const made = world();
    const { tree } = emptyLedger.policy;
    expect(await look(made, { tree })).toMatchObject({ mergedPolicy: { tree, policy: { kind: 'ok' } } });
    expect(await look(made, { tree: 'no policies' })).toMatchObject({ mergedPolicy: { tree: null } });
    expect(made.asked).toEqual([]);
  });

  test('is read and reported on once for the same trees, history and teams', async () => {
    const made = world();
    const tree = newTree();
    const first = await look(made, { tree });
    expect(first).toEqual({
      kind: 'facts',
      mergedPolicy: { tree, policy: { kind: 'ok' } },
      policyReport: { blocking: [], listed: ['as ever'] },
    });
    expect(await look(made, { tree })).toEqual(first);
    expect(made.asked).toEqual(['read', 'report']);
    expect(made.teamsAsked).toEqual(['sre']);
    await look(made, { tree, tip: 'next' });
    expect(made.asked).toEqual(['read', 'report', 'report']);
  });

  test('is not put out of memory by a hundred others', async () => {
    const made = world();
    const all = Array.from({ length: 100 }, newTree);
    for (const tree of [...all, ...all]) await look(made, { tree });
    expect(made.asked).toHaveLength(200);
  });

  test('that cannot be read is refused with its problems, and no team is asked about', async () => {
    const problems = [{ file: 'policies/rules.yaml', line: 1, column: 1, message: 'No.' }] as const;
    const made = world(async () => ({ kind: 'invalid', problems }));
    const tree = newTree();
    expect(await look(made, { tree })).toEqual({
      kind: 'facts',
      mergedPolicy: { tree, policy: { kind: 'invalid', problems } },
      policyReport: null,
    });
    expect(made.teamsAsked).toEqual([]);
  });

  const denied = (change: Awaited<ReturnType<typeof look>>) => {
    if (change.kind === 'not-yet') return expect.fail(change.reason);
    const { mergedPolicy, policyReport } = change;
    const owners = { kind: 'owners', paths: ['policies/rules.yaml'], policies: true } as const;
    return decide(facts({ change: owners, mergedPolicy, policyReport })).verdict;
  };

  test.each<[string, Examination['kind'], Examination['kind'][]]>([
    ['to be read', 'read', ['read']],
    ['to be reported on', 'report', ['read', 'report']],
  ])(
    'that is too large %s is red, and is not begun again for ten minutes, whatever is merged',
    async (_, at, asked) => {
      const clock = vi.spyOn(performance, 'now');
      clock.mockReturnValue(1_000);
      const made = world(async (one) => (one.kind === at ? { kind: 'too-large', why: 'it takes a year' } : READ));
      const tree = newTree();
      expect(denied(await look(made, { tree }))).toMatchObject({
        violations: [
          {
            code: 'policy-unreadable',
            sentence:
              'policies/ is too large to check: it takes a year. Make it smaller: fewer rules, roles, accounts or tests.',
          },
        ],
      });
      clock.mockReturnValue(600_999);
      await look(made, { tree, tip: 'next' });
      expect(made.asked).toEqual(asked);
      clock.mockReturnValue(601_000);
      await look(made, { tree, tip: 'next' });
      expect(made.asked).toEqual([...asked, at]);
    },
  );

  test('that has too many tests is not even begun', async () => {
    const made = world();
    expect(denied(await look(made, { tree: 'many tests' }))).toMatchObject({
      violations: [{ code: 'policy-unreadable', sentence: expect.stringContaining('201 files in policies/tests/') }],
    });
    expect(made.asked).toEqual([]);
  });

  test('keeps nobody waiting while it is examined, a merge least of all, and is looked at again when it is known', async () => {
    let finish = (_: Examined): void => {};
    const made = world((one) =>
      one.kind === 'read' ? Promise.resolve(READ) : new Promise((resolve) => (finish = resolve)),
    );
    const tree = newTree();
    const from = performance.now();
    expect(await look(made, { tree, how: 'anew' })).toMatchObject({ kind: 'not-yet' });
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(made.enqueued).toEqual([]);
    finish(REPORTED);
    await vi.waitFor(() => expect(made.enqueued).toEqual(['pull:42']));
    expect(await look(made, { tree, how: 'anew' })).toMatchObject({ kind: 'facts' });
    expect(made.asked).toEqual(['read', 'report']);
  });

  test('is examined again when the examination fails', async () => {
    let tries = 0;
    const made = world(async (one) => {
      tries += 1;
      if (tries === 1) throw new Error('the thread died');
      return answer(one);
    });
    const tree = newTree();
    await expect(look(made, { tree })).rejects.toThrow('the thread died');
    expect(await look(made, { tree })).toMatchObject({ kind: 'facts' });
  });

  test('is no longer to be examined for a history that has gone on', async () => {
    const wanted: (() => boolean)[] = [];
    const made = world((one, isWanted = () => true) => {
      if (one.kind === 'read') return Promise.resolve(READ);
      wanted.push(isWanted);
      return new Promise(() => {});
    });
    const tree = newTree();
    await look(made, { tree, how: 'anew' });
    expect(wanted.map((one) => one())).toEqual([true]);
    await look(made, { tree, how: 'anew', tip: 'next' });
    expect(wanted.map((one) => one())).toEqual([false, true]);
  });
});
