// A proposed policy is examined beside everything else: whatever it holds, the app goes on, and its answer is short.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { type Examination, examinePolicy, tooLarge, whyTooLarge } from '../../app/reconcile/policy-examination.ts';
import { createExaminer, EXAMINER_LIMITS } from '../../app/reconcile/policy-examiner.ts';
import { examplePolicy, examplePolicyFiles } from '../core/policy/example-policy.ts';

const dir = mkdtempSync(join(tmpdir(), 'breakglass-examiner-'));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const text = (files: ReadonlyMap<string, Uint8Array>, name: string) => Buffer.from(files.get(name) ?? []).toString();

function withFiles(edits: Readonly<Record<string, (text: string) => string>>): Map<string, Uint8Array> {
  const files = examplePolicyFiles();
  for (const [name, edit] of Object.entries(edits)) files.set(name, Buffer.from(edit(text(files, name))));
  return files;
}

const reportOn = (files: ReadonlyMap<string, Uint8Array>): Examination => ({
  kind: 'report',
  files,
  base: { policy: examplePolicy(), files: examplePolicyFiles() },
  history: [],
  teams: 'not-asked',
});

/** Roles, accounts and rules that all differ: every one is judged on every other. Minutes of work in a few kilobytes. */
function hostile(count: number): Map<string, Uint8Array> {
  const each = (line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i)).join('');
  return withFiles({
    'accounts.yaml': (before) => `${before}\n${each((i) => `x-${i}: { id: "${200_000_000_000 + i}" }\n`)}`,
    'roles.yaml': (before) =>
      `${before}\n${each((i) => `y-${i}: { description: A role, managed_policies: [arn:aws:iam::aws:policy/ReadOnlyAccess] }\n`)}`,
    'rules.yaml': (before) =>
      `${before.trimEnd()}\n${each((i) => `  - { name: z-${i}, roles: ["*${i}*", "*${i + 1}*", "*-*-${i}*"], accounts: ["*${i}*", "*${i + 2}*", "*-*-${i}*"], requesters: [team:sre], approvals: [] }\n`)}`,
  });
}

/** How long this thread was kept from its work at most, in milliseconds. */
async function longestPause<T>(during: Promise<T>): Promise<{ readonly answer: T; readonly pause: number }> {
  let last = performance.now();
  let pause = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    pause = Math.max(pause, now - last);
    last = now;
  }, 20);
  const answer = await during;
  clearInterval(timer);
  return { answer, pause: Math.max(pause, performance.now() - last) };
}

/** Asked at once. */
function examinerOf(limits = EXAMINER_LIMITS) {
  const examine = createExaminer(limits);
  return (asked: Examination, isWanted?: () => boolean) => examine(async () => asked, isWanted);
}

describe('the examiner', () => {
  test('says what examinePolicy says', async () => {
    const examine = examinerOf();
    const files = examplePolicyFiles();
    expect(await examine({ kind: 'read', files })).toEqual(examinePolicy({ kind: 'read', files }));
    const broken = reportOn(
      withFiles({ 'rules.yaml': (before) => before.replace('max_duration: 2h', 'max_duration: 6h') }),
    );
    const said = await examine(broken);
    expect(said).toEqual(examinePolicy(broken));
    expect(said).toMatchObject({ kind: 'reported', report: { blocking: [{ code: 'policy-tests-fail' }, {}] } });
    const invalid = { kind: 'read', files: new Map([['people.yaml', Buffer.from('[')]]) } as const;
    expect(await examine(invalid)).toEqual(examinePolicy(invalid));
  });

  test('stops what takes too long, and the app works on meanwhile', async () => {
    const examine = examinerOf({ ...EXAMINER_LIMITS, milliseconds: 4_000 });
    const files = hostile(900);
    expect(whyTooLarge(files)).toBeNull();
    const { answer, pause } = await longestPause(examine(reportOn(files)));
    expect(answer).toEqual({
      kind: 'too-large',
      why: 'its tests, the linter and past requests take longer than 4 seconds',
    });
    expect(pause).toBeLessThan(1_500);
    // And it is ready for the next one.
    expect(await examinerOf()({ kind: 'read', files: examplePolicyFiles() })).toMatchObject({ kind: 'read' });
  }, 60_000);

  test('stops what is read for too long', async () => {
    const examine = examinerOf({ ...EXAMINER_LIMITS, milliseconds: 1_500 });
    const files = withFiles({ 'people.yaml': () => '- 1\n'.repeat(1_000_000) });
    const { answer, pause } = await longestPause(examine({ kind: 'read', files }));
    expect(answer).toEqual({ kind: 'too-large', why: 'reading it takes longer than 1.5 seconds' });
    expect(pause).toBeLessThan(1_000);
  });

  test('stops what takes too much memory, and what is nested too deep for the stack', async () => {
    const hoarding = moduleWith('const all = []; for (;;) all.push(new Array(1000).fill(Math.random()));');
    const files = new Map<string, Uint8Array>();
    expect(
      await examinerOf({ milliseconds: 30_000, heapMb: 32, threadModule: hoarding })({ kind: 'read', files }),
    ).toEqual({
      kind: 'too-large',
      why: 'it needs more than 32 MiB of memory',
    });
    const deep = moduleWith('const dig = () => dig() + 1; dig();');
    expect(await examinerOf({ ...EXAMINER_LIMITS, threadModule: deep })({ kind: 'read', files })).toMatchObject({
      kind: 'too-large',
    });
  });

  test('fails with a thread that breaks or says nothing, and goes on with the next', async () => {
    const module = moduleWith(
      "import { parentPort, workerData } from 'node:worker_threads';",
      "if (workerData.files.has('broken')) throw new Error('broken');",
      "if (workerData.files.has('answer')) parentPort.postMessage('answered');",
    );
    const examine = examinerOf({ ...EXAMINER_LIMITS, threadModule: module });
    const ask = (name: string) => examine({ kind: 'read', files: new Map([[name, new Uint8Array()]]) });
    const [broken, silent, answer] = await Promise.allSettled([ask('broken'), ask('silent'), ask('answer')]);
    expect(broken).toMatchObject({ status: 'rejected', reason: { message: 'broken' } });
    expect(silent).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('without an answer') },
    });
    expect(answer).toEqual({ status: 'fulfilled', value: 'answered' });
  });

  test('has one thread at a time, and begins nothing that nobody waits for', async () => {
    const module = moduleWith(
      "import { parentPort } from 'node:worker_threads';",
      'const from = Date.now();',
      'setTimeout(() => parentPort.postMessage({ from, until: Date.now() }), 100);',
    );
    const examine = examinerOf({ ...EXAMINER_LIMITS, threadModule: module });
    const asked = { kind: 'read', files: new Map() } as const;
    const [first, unwanted, second] = await Promise.allSettled([
      examine(asked),
      examine(asked, () => false),
      examine(asked),
    ]);
    expect(unwanted).toMatchObject({ status: 'rejected' });
    const times = [first, second].map((one) => (one.status === 'fulfilled' ? one.value : expect.fail()) as unknown);
    const [a, b] = times as readonly { readonly from: number; readonly until: number }[];
    expect(b?.from).toBeGreaterThanOrEqual(a?.until ?? Number.POSITIVE_INFINITY);
  });

  test('reads no files before its turn, and begins nothing where they are too large', async () => {
    const examine = createExaminer();
    const asked: string[] = [];
    const ask = (name: string) => async () => {
      asked.push(name);
      return name === 'large' ? ({ kind: 'too-large', why: 'it is' } as const) : reportOn(examplePolicyFiles());
    };
    const first = examine(ask('first'));
    const second = examine(ask('large'));
    await vi.waitFor(() => expect(asked).toEqual(['first']));
    expect((await first).kind).toBe('reported');
    expect(await second).toEqual({ kind: 'too-large', why: 'it is' });
    expect(asked).toEqual(['first', 'large']);
  });

  test('gives its threads nothing of the environment', async () => {
    vi.stubEnv('BREAKGLASS_TEST_SECRET', 'x');
    const module = moduleWith(
      "import { parentPort } from 'node:worker_threads';",
      'parentPort.postMessage(Object.keys(process.env));',
    );
    expect(await examinerOf({ ...EXAMINER_LIMITS, threadModule: module })({ kind: 'read', files: new Map() })).toEqual(
      [],
    );
  });
});

let modules = 0;
function moduleWith(...lines: readonly string[]): URL {
  modules += 1;
  const file = join(dir, `thread-${modules}.mjs`);
  writeFileSync(file, lines.join('\n'));
  return pathToFileURL(file);
}

describe('a policy is not even looked at', () => {
  const filled = (name: string, bytes: number) => [name, Buffer.alloc(bytes)] as const;
  const tests = (count: number, bytes: number) =>
    Array.from({ length: count }, (_, i) => filled(`tests/t-${i}.yaml`, bytes));

  test.each([
    ['with more tests than that', tests(201, 1), 'there are 201 files in policies/tests/, and at most 200 are run'],
    [
      'with longer tests than that',
      tests(2, 524_289),
      'policies/tests/ has 1048578 bytes, and at most 1048576 are run',
    ],
    [
      'that is longer than that together',
      [filled('people.yaml', 4_194_304), filled('roles.yaml', 1)],
      'it has 4194305 bytes, and at most 4194304 are read',
    ],
  ])('%s', (_, files, why) => {
    expect(whyTooLarge(new Map(files))).toBe(why);
    expect(tooLarge(why).problems[0].message).toBe(
      `policies/ is too large to check: ${why}. Make it smaller: fewer rules, roles, accounts or tests.`,
    );
  });

  test.each([
    ['as many as are allowed are', tests(200, 1)],
    ['a single file that is too large is: it is refused by its name', [filled('tests/t.yaml', 4_194_305)]],
  ])('but %s', (_, files) => {
    expect(whyTooLarge(new Map(files))).toBeNull();
  });
});

describe('the answer', () => {
  test('names a hundred problems and two thousand letters of each at most', () => {
    const people = `${'- { github: a, id: x }\n'.repeat(300)}- ${'x'.repeat(5_000)}\n`;
    const answer = examinePolicy({
      kind: 'read',
      files: withFiles({ 'people.yaml': () => people, 'keys.yaml': () => people }),
    });
    if (answer.kind !== 'invalid') return expect.fail();
    expect(answer.problems).toHaveLength(100);
    const cases = Array.from(
      { length: 150 },
      (_, i) =>
        `  - name: t${i}\n    requester: hubot\n    request: { account: nowhere, role: admin, duration: 1h }\n    expect: { allowed: none, approvals: [{ count: 1, from: [${Array.from({ length: 200 }, (__, j) => `user:somebody-${j}`).join()}] }] }\n`,
    );
    const failing = examinePolicy(reportOn(withFiles({ 'tests/staging.yaml': () => `cases:\n${cases.join('')}` })));
    if (failing.kind !== 'reported') return expect.fail(JSON.stringify(failing).slice(0, 500));
    expect(failing.report.blocking).toHaveLength(100);
    expect(Math.max(...failing.report.blocking.map(({ sentence }) => sentence.length))).toBe(2_001);
  });
});
