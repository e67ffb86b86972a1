// An early end while its grant is being made: whatever hangs then, AWS is told at once, and the access goes.
import { afterEach, describe, expect, test } from 'vitest';
import { createMemoryQueue } from '../../app/queue/memory.ts';
import type { Queue } from '../../app/queue/queue.ts';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import type { Context } from '../../app/reconcile/context.ts';
import { endEarly, stopGranting } from '../../app/reconcile/early-end.ts';
import { places, worker } from '../../app/reconcile/worker.ts';
import { HistoryBuilder, REPOSITORY } from '../core/ledger/history-builder.ts';
import { until } from '../sandbox/index.ts';
import { emptyMemory } from './remembered.ts';

const history = new HistoryBuilder();
history.grant('first', 0);
const ledger = history.ledger();
const entry = ledger.grants.get('first') ?? expect.fail();
const { resolved } = entry;
const arn = 'arn:set';

const close: (() => void)[] = [];
afterEach(() => {
  for (const one of close.splice(0)) one();
});

type Hanging = 'comments' | 'confirmation' | 'state' | 'correction' | 'engine' | 'proof';

/** `there`: AWS and the state have it already. */
function stage({ there = false, confirmed = true, done = true } = {}) {
  const world = { there, confirmed, done };
  const hanging = new Set<Hanging>();
  const did: string[] = [];
  const failed: string[] = [];
  const released: (() => void)[] = [];
  // Never answers in time, like a GitHub behind a full line.
  const through = async (what: Hanging, signal?: AbortSignal): Promise<void> => {
    if (!hanging.has(what)) return;
    did.push(`${what} hangs`);
    await new Promise<void>((resolve) => {
      released.push(resolve);
      signal?.addEventListener('abort', () => resolve());
    });
  };
  const own = { arn, name: resolved.permissionSetName, ledger: String(REPOSITORY), grantId: 'first' };
  const access = { ...own, expiresAt: resolved.deadline, ended: null };
  const center = {
    find: async () => (world.there ? access : null),
    proveGranted: async () => {
      await through('confirmation');
      return world.confirmed ? { kind: 'proven', at: 'x', evidence: [] } : { kind: 'not-proven', reason: 'not yet' };
    },
    correct: async (_grant: unknown, _arn: string, _document: string, signal: AbortSignal) => {
      await through('correction', signal);
      signal.throwIfAborted();
      return { added: [], complete: false };
    },
    deny: async () => void did.push('deny'),
    remove: async () => void did.push('remove'),
    proveRemoved: async () => {
      await through('proof');
      return { kind: 'proven', firstAt: 'x', at: 'y', evidence: [] };
    },
  };
  const engine = {
    stacks: async () => {
      await through('state');
      return world.there ? ['first'] : [];
    },
    permissionSetArn: async () => (world.there ? arn : null),
    grant: async ({ signal }: { signal: AbortSignal }) => {
      world.there = true;
      await through('engine', signal);
      return world.done ? { kind: 'done', permissionSetArn: arn } : { kind: 'failed', reason: 'AWS is full' };
    },
    end: async () => {
      world.there = false;
      did.push('destroy');
      return { kind: 'done' };
    },
  };
  const said: string[] = [];
  const comments = async () => {
    await through('comments');
    return said.slice(-1).map((body) => ({ id: 1, appId: 1, body }));
  };
  const write = async (body: string) => void said.push(body);
  const github = {
    now: () => entry.startedAt,
    comments,
    self: async () => ({ appId: 1 }),
    createComment: async (_: number, body: string) => await write(body),
    updateComment: async (_: number, body: string) => await write(body),
  };
  const nothing = () => {};
  const log = { error: nothing, info: nothing, warn: nothing, debug: nothing };
  let queue: Queue | null = null;
  const context = {
    configured: { repositoryId: REPOSITORY },
    github,
    identityCenter: () => center,
    engine: () => ({ kind: 'ready', engine }),
    ledger: async () => ledger,
    frozen: () => null,
    enqueue: (key: string, ms?: number) => (key.startsWith('grant:') ? queue?.enqueue(key, ms) : undefined),
    alarms: createAlarms({ log: log as never, now: github.now }),
    measure: nothing,
    log,
    memory: emptyMemory(),
  } as unknown as Context;
  queue = createMemoryQueue({
    ...places(context),
    handle: worker({ context, passMs: 60_000, onPass: nothing }),
    retry: { firstMs: 5, maxMs: 10 },
    onError: (_, error) => failed.push(String(error)),
  });
  const release = () => {
    hanging.clear();
    for (const one of released.splice(0)) one();
  };
  close.push(release, () => void queue?.drain(0));
  const revoke = () => endEarly(context, entry, 'revoked by hubot (480938) 2026-11-22T03:10:00Z');
  return { world, hanging, did, failed, said, context, queue, release, revoke };
}

describe('an end is told to AWS at once and takes the access away', () => {
  test.each<readonly [string, Hanging, Parameters<typeof stage>[0]]>([
    ['GitHub takes the comment of an access that is there', 'comments', {}],
    ['GitHub takes the comment of a failure', 'comments', { done: false }],
    ['AWS confirms the access', 'confirmation', {}],
    ['AWS confirms what is there already', 'confirmation', { there: true }],
    ['AWS takes what is put right', 'correction', { there: true, confirmed: false }],
    ['the engine works', 'engine', {}],
  ])('before %s', async (_, what, start) => {
    const { hanging, did, queue, context, failed, revoke } = stage(start);
    hanging.add(what);
    queue.enqueue('grant:first');
    await until('it hangs', () => did.includes(`${what} hangs`));
    // What came after it is done, where it did not wait.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const before = failed.length;
    revoke();
    await until('it is denied', () => did.includes('deny'), 1_000);
    await until('it is proved to be gone', () => context.memory.proven.has('first'), 1_000);
    expect(did).toContain('destroy');
    expect(context.memory.confirmed.size).toBe(0);
    // Being stopped by an end is no failure.
    expect(failed.slice(before)).toEqual([]);
  });

  test('before the state is read: denied meanwhile, destroyed when it is', async () => {
    const { hanging, did, queue, context, release, revoke } = stage({ there: true });
    hanging.add('state');
    queue.enqueue('grant:first');
    await until('it hangs', () => did.includes('state hangs'));
    revoke();
    await until('it is denied', () => did.includes('deny'), 1_000);
    expect(did).not.toContain('destroy');
    release();
    await until('it is proved to be gone', () => context.memory.proven.has('first'), 1_000);
  });

  test('once for each end: what takes the access away is not stopped by the pass that finds the end again', async () => {
    const { world, hanging, did, context, release, revoke } = stage({ there: true });
    hanging.add('proof');
    revoke();
    await until('it is being taken away', () => did.includes('proof hangs'));
    world.there = true;
    stopGranting(context, entry, 'removed');
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    await until('it is proved to be gone', () => context.memory.proven.has('first'), 1_000);
    expect(did).toEqual(['deny', 'destroy', 'proof hangs']);
  });
});

describe('what is said of a grant', () => {
  const heading = (body = '') => /\*\*(.*?)[.*:;]/.exec(body)?.[1];

  test('is the newest state, though GitHub was late with the one before', async () => {
    const { hanging, did, said, queue, context, release, revoke } = stage();
    hanging.add('comments');
    queue.enqueue('grant:first');
    await until('the access is confirmed', () => context.memory.confirmed.has('first'));
    expect(did.filter((one) => one === 'comments hangs')).toHaveLength(1);
    revoke();
    await until('it is proved to be gone', () => context.memory.proven.has('first'));
    release();
    await until('all is said', () => context.memory.telling.size === 0);
    expect(said.map(heading)).toEqual(['Approved and merged', expect.stringMatching(/^Ended/)]);
  });

  test('that GitHub did not take is remembered, until it took a later one', async () => {
    const { queue, context, said } = stage();
    const broken = Object.assign(context.github, {
      self: async () => {
        throw new Error('503');
      },
    });
    queue.enqueue('grant:first');
    await until('it is remembered', () => context.memory.unsaid.has('first'));
    await until('all is tried', () => context.memory.telling.size === 0);
    Object.assign(broken, { self: async () => ({ appId: 1 }) });
    context.memory.confirmed.clear();
    queue.enqueue('grant:first');
    await until('it is said', () => !context.memory.unsaid.has('first'));
    expect(heading(said.at(-1))).toMatch(/^Active until/);
  });
});
