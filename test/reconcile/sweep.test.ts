// The sweep over passes: what must be seen twice, what holds it back, and that it decides again before it touches anything.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Access } from '../../app/aws/port.ts';
import { endOf } from '../../app/core/ledger/ends.ts';
import type { Ledger } from '../../app/core/ledger/ledger.ts';
import { plan } from '../../app/core/plan.ts';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import type { Context } from '../../app/reconcile/context.ts';
import { sayClocks } from '../../app/reconcile/doubt.ts';
import { compareLive, heedDrift } from '../../app/reconcile/drift.ts';
import { accessByGrant } from '../../app/reconcile/look.ts';
import { reconcileOrphan } from '../../app/reconcile/orphan.ts';
import { noteUnexplained, reconcileSweep } from '../../app/reconcile/sweep.ts';
import { createSweepMemory } from '../../app/reconcile/sweep-memory.ts';
import { openUnexplainedRemovals } from '../../app/reconcile/unexplained-removals.ts';
import { HistoryBuilder, REPOSITORY } from '../core/ledger/history-builder.ts';
import { emptyMemory } from './remembered.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sweep-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
const history = new HistoryBuilder();
history.grant('first', 0);
const ledger = history.ledger();
const first = ledger.grants.get('first');
if (first === undefined) throw new Error('no grant');
const deadline = first.resolved.deadline;

const set = (name: string, more: Partial<Access> = {}): Access => ({
  arn: `arn:${name}`,
  name,
  ledger: String(REPOSITORY),
  grantId: name,
  expiresAt: '2099-01-01T00:00:00Z',
  ended: null,
  ...more,
});
const own = set(first.resolved.permissionSetName, { grantId: 'first', expiresAt: deadline });

type Over = {
  readonly ledger?: () => Ledger;
  readonly standby?: true;
  readonly maxRemovals?: number;
};

function stage(over: Over = {}) {
  const world = {
    sets: [own] as readonly Access[],
    stacks: ['first'] as readonly string[] | null,
    stackArns: new Map<string, string>(),
    differences: [] as readonly string[],
    awsDiffers: 0,
    githubDiffers: 0,
    frozen: null as string | null,
    fetched: true,
    proven: true,
    unreadable: [] as readonly string[],
  };
  const did: string[] = [];
  const queued = new Set<string>();
  const logged: Record<string, unknown>[] = [];
  const say = (facts: Record<string, unknown>) => void logged.push(facts);
  const log = { error: say, info: say, warn: say, debug: say };
  const center = {
    clockDifferenceMs: () => world.awsDiffers,
    find: async (name: string) => world.sets.find((one) => one.name === name) ?? null,
    examine: async (arn: string) => {
      did.push(`examine ${arn}`);
      if (world.unreadable.includes(arn)) throw new Error(`AWS denies sso:DescribePermissionSet of ${arn}`);
      if (!world.sets.some((one) => one.arn === arn)) return null;
      return { createdAt: new Date(0), inlinePolicy: null };
    },
    compare: async (_: unknown, arn: string) => {
      did.push(`compare ${arn}`);
      return { kind: 'compared', differences: world.differences };
    },
    deny: async ({ arn }: { arn: string }) => void did.push(`deny ${arn}`),
    remove: async (arn: string) => {
      did.push(`remove ${arn}`);
      world.sets = world.sets.filter((one) => one.arn !== arn);
    },
    proveRemoved: async () =>
      world.proven ? { kind: 'proven', at: 'then', evidence: [] } : { kind: 'not-proven', reason: 'AWS is slow' },
  };
  const engine = {
    permissionSetArn: async (id: string) => world.stackArns.get(id) ?? null,
    end: async ({ grantId }: { grantId: string }) => {
      did.push(`destroy ${grantId}`);
      world.stacks = (world.stacks ?? []).filter((id) => id !== grantId);
      return { kind: 'done' };
    },
  };
  const alarms = createAlarms({ log: log as never, now: () => new Date() });
  const removals = openUnexplainedRemovals(join(folder, 'removals.json'));
  const current = () => {
    const now = (over.ledger ?? (() => ledger))();
    const settings = { ...now.policy.value.settings, maxRemovals: over.maxRemovals ?? 5 };
    return { ...now, policy: { ...now.policy, value: { ...now.policy.value, settings } } };
  };
  const context = {
    configured: { repositoryId: REPOSITORY },
    github: { now: () => new Date(Date.now() + world.githubDiffers) },
    identityCenter: () => center,
    engine: () => (over.standby ? { kind: 'standby' } : { kind: 'ready', engine }),
    ledger: async () => current(),
    frozen: () => world.frozen,
    enqueue: (key: string) => void queued.add(key),
    alarms,
    log,
    memory: emptyMemory({}, createSweepMemory(0, removals)),
  } as unknown as Context;
  const pass = async () => {
    const seen = { sets: world.sets, stacks: world.stacks, fetched: world.fetched };
    noteUnexplained(context, current(), seen);
    await reconcileSweep(context, signal);
  };
  const work = async () => {
    const keys = [...queued].filter((key) => key.startsWith('orphan:'));
    queued.clear();
    for (const key of keys) await reconcileOrphan(context, key.slice('orphan:'.length), signal);
  };
  const open = (code: string) => alarms.open().filter((one) => one.code === code);
  return { world, did, queued, context, pass, work, open, current };
}

const writes = (did: readonly string[]) => did.filter((one) => /^(deny|remove|destroy)/.test(one));

describe('what no grant explains', () => {
  test('is said when it is seen, and goes when it is seen again: denied, deleted, proved, said', async () => {
    const { world, did, pass, work, open } = stage();
    world.sets = [own, set('ghost')];
    await pass();
    await work();
    expect(open('access-unexplained').map((one) => one.subject)).toEqual(['arn:ghost']);
    expect(did.filter((one) => !one.startsWith('compare'))).toEqual([]);
    await pass();
    await work();
    expect(writes(did)).toEqual(['deny arn:ghost', 'remove arn:ghost']);
    expect(open('orphan-removed')).toHaveLength(1);
    await pass();
    expect(open('access-unexplained')).toEqual([]);
    expect(world.sets).toEqual([own]);
  });

  test('and of which AWS does not tell waits and is said so, and holds up no other, nor any stack', async () => {
    const { world, did, pass, work, open } = stage();
    world.sets = [own, set('ghost-a'), set('ghost-b')];
    world.stacks = ['first', 'ghost-c'];
    world.unreadable = ['arn:ghost-a'];
    for (let i = 0; i < 3; i += 1) {
      await pass();
      await work();
    }
    expect(writes(did).toSorted()).toEqual(['deny arn:ghost-b', 'destroy ghost-c', 'remove arn:ghost-b']);
    const sentences = () => open('access-unexplained').map((one) => one.sentence);
    expect(sentences()).toEqual([
      expect.stringMatching(/ghost-a carries our mark.*it stays, as AWS does not tell.*denies/),
    ]);
    world.unreadable = [];
    await pass();
    await work();
    expect(writes(did)).toContain('remove arn:ghost-a');
  });

  test('is seen once for each pass, and not at all while Git cannot be fetched', async () => {
    const { world, did, pass, work, open } = stage();
    world.sets = [own, set('ghost')];
    world.fetched = false;
    for (let i = 0; i < 4; i += 1) await pass();
    await work();
    expect(writes(did)).toEqual([]);
    world.fetched = true;
    await pass();
    await pass();
    world.fetched = false;
    await pass();
    expect(open('removals-frozen')[0]?.sentence).toMatch(/ghost.*Git could not be fetched/);
    await work();
    expect(writes(did)).toEqual([]);
  });

  test('in one pass that AWS did not answer it is neither seen again nor forgotten', async () => {
    const { world, did, pass, work, context, current } = stage();
    world.sets = [own, set('ghost')];
    await pass();
    noteUnexplained(context, current(), { sets: null, stacks: null, fetched: true });
    await reconcileSweep(context, signal);
    await work();
    expect(writes(did)).toEqual([]);
    await pass();
    await work();
    expect(writes(did)).toHaveLength(2);
  });

  test('goes no further than max_removals, which a restart does not give again', async () => {
    const { world, did, pass, work, open } = stage({ maxRemovals: 1 });
    world.sets = [own, set('ghost-a'), set('ghost-b')];
    await pass();
    await pass();
    await work();
    expect(writes(did)).toEqual(['deny arn:ghost-a', 'remove arn:ghost-a']);
    expect(open('removals-frozen')[0]?.sentence).toMatch(/explains ghost-b, .*max_removals is 1/);
    const after = stage({ maxRemovals: 1 });
    after.world.sets = world.sets;
    for (let i = 0; i < 3; i += 1) await after.pass();
    await after.work();
    expect(writes(after.did)).toEqual([]);
    expect(after.open('removals-frozen')).toHaveLength(1);
    // The last of them is looked into, and its alarm closes.
    after.world.sets = [own];
    await after.pass();
    expect(after.open('removals-frozen')).toEqual([]);
  });

  test.each<readonly [string, (world: ReturnType<typeof stage>['world']) => void, RegExp]>([
    ['a rewritten branch', (world) => Object.assign(world, { frozen: 'the branch was rewritten' }), /rewritten/],
    ["a clock that is not AWS's", (world) => Object.assign(world, { awsDiffers: -61_000 }), /from AWS's by 61 seconds/],
    [
      "a clock that is not GitHub's",
      (world) => Object.assign(world, { githubDiffers: 61_500 }),
      /from GitHub's by 6[12]/,
    ],
  ])('%s holds it back, also between decision and deletion', async (_, doubt, why) => {
    const { world, did, pass, work, open } = stage();
    world.sets = [own, set('ghost')];
    await pass();
    await pass();
    doubt(world);
    await work();
    expect(writes(did)).toEqual([]);
    await pass();
    await work();
    expect(writes(did)).toEqual([]);
    expect(open('removals-frozen')[0]?.sentence).toMatch(why);
  });

  test('is left alone when a grant explains it meanwhile, or its tag is no longer ours', async () => {
    let now = { ...ledger, grants: new Map() } as Ledger;
    const { world, did, pass, work } = stage({ ledger: () => now });
    await pass();
    await pass();
    now = ledger;
    await work();
    expect(writes(did)).toEqual([]);

    const other = stage();
    other.world.sets = [own, set('ghost')];
    await other.pass();
    await other.pass();
    other.world.sets = [own, set('ghost', { ledger: '42' })];
    await other.work();
    expect(writes(other.did)).toEqual([]);
    expect(world.sets).toEqual([own]);
  });

  test('is not called removed before AWS proves it, and then is, although no list has it any more', async () => {
    const { world, did, pass, work, open } = stage();
    world.sets = [own, set('ghost')];
    await pass();
    await pass();
    world.proven = false;
    await expect(work()).rejects.toThrow(/removal of ghost is not proven/);
    expect(open('orphan-removed')).toEqual([]);
    world.proven = true;
    await pass();
    await work();
    expect(open('orphan-removed')).toHaveLength(1);
    expect(did.filter((one) => one === 'examine arn:ghost')).toHaveLength(1);
  });

  test('is not swept by a process that stands by', async () => {
    const { world, did, queued, pass } = stage({ standby: true });
    world.sets = [own, set('ghost')];
    for (let i = 0; i < 3; i += 1) await pass();
    expect([did, [...queued]]).toEqual([[], []]);
  });
});

describe('a stack that no grant explains', () => {
  test('is destroyed when it is seen again', async () => {
    const { world, did, pass, work, open } = stage();
    world.stacks = ['first', 'ghost'];
    await pass();
    await work();
    expect(writes(did)).toEqual([]);
    await pass();
    await work();
    expect(writes(did)).toEqual(['destroy ghost']);
    expect(open('orphan-removed')).toHaveLength(1);
  });

  test('that names access of a live grant, or any that AWS has, is not: a destroy deletes what the state names', async () => {
    const { world, did, pass, work, open } = stage();
    world.stacks = ['first', 'ghost'];
    world.stackArns.set('ghost', own.arn);
    for (let i = 0; i < 3; i += 1) {
      await pass();
      await work();
    }
    expect(writes(did)).toEqual([]);
    expect(open('access-unexplained')).toHaveLength(1);
  });

  test('waits for its permission set to go first', async () => {
    const { world, did, pass, work } = stage();
    world.sets = [own, set('ghost')];
    world.stacks = ['first', 'ghost'];
    world.stackArns.set('ghost', 'arn:ghost');
    for (let i = 0; i < 3; i += 1) {
      await pass();
      await work();
    }
    expect(writes(did)).toEqual(['deny arn:ghost', 'remove arn:ghost', 'destroy ghost']);
  });

  test('is not while the state does not answer', async () => {
    const { world, did, pass, work } = stage();
    world.stacks = ['first', 'ghost'];
    await pass();
    world.stacks = null;
    await pass();
    await work();
    expect(writes(did)).toEqual([]);
  });
});

describe('live access', () => {
  const live = () => {
    const made = stage();
    made.context.memory.confirmed.set('first', deadline);
    const steps = () => {
      const access = accessByGrant(ledger, made.world.sets);
      const end = endOf(first, ledger.policy.value, first.startedAt);
      expect(end).toBeNull();
      const stacks = new Set(made.world.stacks);
      const planned = plan({ ledger, ends: new Map(), stacks, access, now: first.startedAt });
      return heedDrift(made.context, ledger, access, planned).map((step) => `${step.kind} ${step.id}`);
    };
    return { ...made, steps };
  };

  test.each<readonly [string, Partial<ReturnType<typeof stage>['world']>, string, RegExp]>([
    ['gone from the listing', { sets: [] }, 'grant first', /did not have the permission set/],
    ['gone from the state', { stacks: [] }, 'grant first', /state did not have/],
    ['tagged otherwise', { sets: [{ ...own, expiresAt: null }] }, 'extend first', /tags/],
    ['tagged for another grant', { sets: [{ ...own, grantId: 'x' }] }, 'extend first', /tags/],
  ])('%s once is unknown, twice in a row is so', (_, change, step, said) => {
    const { world, context, steps } = live();
    expect(steps()).toEqual([]);
    Object.assign(world, change);
    expect(steps()).toEqual([]);
    Object.assign(world, { sets: [own], stacks: ['first'] });
    expect(steps()).toEqual([]);
    Object.assign(world, change);
    expect(steps()).toEqual([]);
    expect(context.memory.drifted.size).toBe(0);
    expect(steps()).toEqual([step]);
    expect(context.memory.drifted.get('first')).toEqual([expect.stringMatching(said)]);
  });

  test('that AWS has not confirmed yet is made at once', () => {
    const { world, context, steps } = live();
    context.memory.confirmed.clear();
    world.sets = [];
    expect(steps()).toEqual(['grant first']);
    expect(context.memory.drifted.size).toBe(0);
  });

  test('that differs is put right by its own key; what is as signed, under way or not confirmed is left', async () => {
    const { world, context, queued, did } = live();
    context.memory.sweep.seen = { sets: [own], stacks: ['first'] };
    await compareLive(context, ledger, signal);
    expect([did, queued.size]).toEqual([[`compare ${own.arn}`], 0]);
    world.differences = ['It is assigned to somebody else.'];
    context.memory.running.set('first', new AbortController());
    await compareLive(context, ledger, signal);
    expect(queued.size).toBe(0);
    context.memory.running.clear();
    await compareLive(context, ledger, signal);
    expect([...queued]).toEqual(['grant:first']);
    expect(context.memory.drifted.get('first')).toEqual(world.differences);
    context.memory.confirmed.clear();
    did.length = 0;
    await compareLive(context, ledger, signal);
    expect(did).toEqual([]);
  });

  test('is compared in turn: what was not looked at for the longest is first', async () => {
    const many = new HistoryBuilder();
    for (const id of ['one', 'two', 'three']) many.grant(id, 0);
    const three = many.ledger();
    const { context, did } = stage({ ledger: () => three });
    const sets = [...three.grants.values()].map(({ id, resolved }) => {
      context.memory.confirmed.set(id, resolved.deadline);
      return set(resolved.permissionSetName, { arn: id });
    });
    context.memory.sweep.seen = { sets, stacks: [] };
    context.memory.sweep.compared.set('one', 3).set('two', 1).set('three', 2).set('gone', 0);
    await compareLive(context, three, signal);
    expect(did).toEqual(['compare two', 'compare three', 'compare one']);
    expect([...context.memory.sweep.compared.keys()].toSorted()).toEqual(['one', 'three', 'two']);
  });
});

test('clocks that differ are said, and no longer when they agree', () => {
  const { world, context, open } = stage();
  const center = context.identityCenter(ledger.policy.value.settings.identityCenter);
  Object.assign(world, { awsDiffers: 3_600_000, githubDiffers: 60_000 });
  sayClocks(context, center);
  expect(open('clock-differs').map((one) => one.subject)).toEqual(['AWS']);
  Object.assign(world, { awsDiffers: 0 });
  sayClocks(context, center);
  expect(open('clock-differs')).toEqual([]);
});
