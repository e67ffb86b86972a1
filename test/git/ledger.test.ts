// The ledger read from real repositories, hostile commits included, says the same as from plain data.
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { wholeSeconds } from '../../app/core/instant.ts';
import type { Root } from '../../app/core/ledger/history.ts';
import type { Ledger } from '../../app/core/ledger/ledger.ts';
import { keyFingerprint } from '../../app/core/policy/fingerprint.ts';
import { signRecord } from '../../app/core/record/authorization.ts';
import type { AuthorizationRecord } from '../../app/core/record/record.ts';
import { authorizedGrant } from '../../app/git/authorized.ts';
import { readLedger } from '../../app/git/ledger.ts';
import { policiesTreeOf } from '../../app/git/policy-files.ts';
import { at, GRANT, grantText, HistoryBuilder, hash, REPOSITORY } from '../core/ledger/history-builder.ts';
import { createRepository, type Files, policyFiles, type RawCommit, type Repository } from './repository.ts';

let builder: HistoryBuilder;
let repo: Repository;
let files: Record<string, Files[string]>;
let tip: string;
let root: Root;
let policies: string;

/** A commit on top of main; `null` takes a file out. */
function push(changes: Readonly<Record<string, Files[string] | null>>, more: Omit<RawCommit, 'tree'> = {}): string {
  for (const [path, file] of Object.entries(changes)) {
    if (file === null) delete files[path];
    else files[path] = file;
  }
  tip = repo.commit({ tree: repo.tree(files), parents: [tip], ...more });
  repo.setBranch('main', tip);
  return tip;
}

const signed = (record: AuthorizationRecord) => signRecord('Merge', record, builder.key.signer);
const record = (id: string, minutes: number, text = GRANT) =>
  builder.record(id, minutes, { text, grantBlob: repo.blob(text), policies });
const grant = (id: string, minutes: number, text = GRANT) =>
  push({ [`grants/${id}.yaml`]: text }, { at: minutes, message: signed(record(id, minutes, text)) });

async function ledger(name = 'refs/heads/main'): Promise<Ledger> {
  const folded = await readLedger(repo.dir, root, name);
  if (folded.kind === 'no-root') throw new Error(folded.reason);
  return folded.ledger;
}

beforeEach(async () => {
  builder = new HistoryBuilder();
  repo = createRepository();
  files = { ...policyFiles(builder), 'grants/README.md': '# grants\n', 'README.md': 'hello\n' };
  tip = repo.commit({ tree: repo.tree(files), message: 'Genesis\n' });
  repo.setBranch('main', tip);
  root = { repositoryId: REPOSITORY, genesis: tip, fingerprints: [keyFingerprint(builder.key.key.key)] };
  policies = (await policiesTreeOf(repo.dir, tip)) ?? expect.fail();
});
afterEach(() => repo.remove());

describe('what counts', () => {
  test('genesis alone', async () => {
    expect(await ledger()).toMatchObject({ position: 0, tip, policyDiverged: false, strays: [], alarms: [] });
  });

  test('a life: granted, extended, another one granted, removed', async () => {
    const first = grant('first', 1);
    const longer = grantText({ duration: '2h' });
    push(
      { 'grants/first.yaml': longer },
      { at: 30, message: signed({ ...record('first', 1, longer), kind: 'extension', pullRequest: 43 }) },
    );
    grant('second', 31);
    push({ 'grants/first.yaml': null }, { at: 40, message: signed(builder.removal('first')) });
    const read = await ledger();
    expect(read.grants.get('first')).toMatchObject({
      commit: first,
      startedAt: at(1),
      deadline: at(121),
      pulls: [42, 43],
      removed: { at: at(40), record: { kind: 'removal' } },
    });
    expect(read.grants.get('second')).toMatchObject({ deadline: at(91), removed: null });
    expect(read.alarms).toEqual([]);
    expect(read.position).toBe(4);
  });

  test("an owners' change of the real tree", async () => {
    const rules = String(files['policies/rules.yaml']).replace('max_duration: 2h', 'max_duration: 3h');
    const tree = await policiesTreeOf(repo.dir, repo.tree({ ...files, 'policies/rules.yaml': rules }));
    const sha = push({ 'policies/rules.yaml': rules }, { at: 1, message: signed(builder.change(tree ?? '')) });
    expect(await ledger()).toMatchObject({ policy: { tree, commit: sha }, policyDiverged: false, alarms: [] });
  });

  test('only the first parent is the history: what a merge commit brings is judged at the merge', async () => {
    const side = repo.commit({
      tree: repo.tree({ ...files, 'grants/first.yaml': GRANT }),
      parents: [tip],
      at: 1,
      message: signed(record('first', 1)),
    });
    push({ 'grants/first.yaml': GRANT }, { parents: [tip, side], at: 2, message: 'Merge branch\n' });
    const read = await ledger();
    expect(read).toMatchObject({ position: 1, strays: [{ id: 'first' }] });
    expect(read.grants.size).toBe(0);
  });

  test('modes other than 100644 are no grants', async () => {
    push({ 'grants/exec.yaml': { mode: '100755', text: GRANT } }, { at: 1, message: signed(record('exec', 1)) });
    push({ 'grants/link.yaml': { mode: '120000', text: GRANT } }, { at: 2, message: signed(record('link', 2)) });
    push({ 'grants/sub.yaml': { mode: '160000', text: hash('x') } }, { at: 3 });
    const read = await ledger();
    expect(read.grants.size).toBe(0);
    expect(read.strays.map((one) => one.reason)).toEqual([
      'it is not an ordinary file',
      'it is not an ordinary file',
      expect.stringContaining('no valid grant'),
    ]);
  });

  test('a file turned into a folder, and grants/ turned into a file, end what was there', async () => {
    grant('first', 1);
    push({ 'grants/first.yaml': null, 'grants/first.yaml/x': GRANT }, { at: 2 });
    expect((await ledger()).grants.get('first')?.removed).toMatchObject({ at: at(2) });
    grant('second', 3);
    push(
      { 'grants/first.yaml/x': null, 'grants/second.yaml': null, 'grants/README.md': null, grants: 'a file' },
      { at: 4 },
    );
    expect((await ledger()).grants.get('second')?.removed).toMatchObject({ at: at(4) });
  });

  test('a grant larger than any may be is not read', async () => {
    const huge = `${GRANT}# ${'x'.repeat(20_000)}\n`;
    push(
      { 'grants/huge.yaml': huge },
      { at: 1, message: signed({ ...record('huge', 1), grantBlob: repo.blob(huge) }) },
    );
    expect((await ledger()).strays).toMatchObject([{ id: 'huge', reason: 'its content cannot be read' }]);
  });
});

describe('hostile commits', () => {
  const zero = '0'.repeat(40);
  const fakeRaw = `:000000 100644 ${zero} ${hash('x')} A\tgrants/fake.yaml`;

  test.each<readonly [string, string | Buffer]>([
    ['a fake raw line', `${fakeRaw}\n\n${fakeRaw}\n`],
    ['fake raw tokens', `x\n\n${fakeRaw.replace('\t', '\0')}\0`],
    [
      'a fake commit id and parents',
      `${'a'.repeat(40)}\nparent ${'b'.repeat(40)}\ncommitter Z <z@example.org> 1 +0000\n\n`,
    ],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x0a, 0x0a, 0x80])],
    ['control characters', '\u001b[2J\u0000\u0001\r\n\r\n'],
    ['fake answers of cat-file', `${'a'.repeat(40)} commit 10\nmissing\n${'b'.repeat(40)} missing\n`],
    ['nothing at all', ''],
  ])('a message with %s changes nothing', async (_, message) => {
    push({ 'README.md': 'other\n' }, { at: 1, message });
    const sha = grant('first', 2);
    const read = await ledger();
    expect([...read.grants.keys()]).toEqual(['first']);
    expect(read.grants.get('first')).toMatchObject({ commit: sha, deadline: at(62) });
    expect([read.strays, read.alarms, read.position]).toEqual([[], [], 2]);
  });

  test.each([
    ['a committer that carries dates', { committer: 'committer X <x@example.org> 1 +0000 <c@example.org>' }],
    [
      'a signature header with look-alike lines',
      { headers: `gpgsig -----BEGIN\n committer Z <z@example.org> 1 +0000\n \n tree x\n` },
    ],
  ])('%s', async (_, more) => {
    push({ 'grants/first.yaml': GRANT }, { at: 2, message: signed(record('first', 2)), ...more });
    expect((await ledger()).grants.get('first')?.startedAt).toEqual(at(2));
  });

  test.each([
    'grants/\n:000000 100644 a b A.yaml',
    `grants/${fakeRaw.replaceAll('/', '_')}`,
    'grants/\u001b[31mred.yaml',
    'grants/first.yaml\n',
    'grants/first.yaml ',
    'grants/ｆirst.yaml',
    'grants/:first.yaml',
    'grants/"first".yaml',
    'grants/--first.yaml',
  ])('the path %j is no grant and hides none', async (path) => {
    push({ [path]: GRANT, 'grants/stray.yaml': GRANT }, { at: 1 });
    grant('real', 2);
    const read = await ledger();
    expect([...read.grants.keys()]).toEqual(['real']);
    expect(read.strays.map((one) => one.id)).toEqual(['stray']);
  });

  test('two spellings of one broken byte are two messages', async () => {
    const reason = 'Broken \ufffd reason';
    const message = signed({ ...record('first', 1), reason });
    const bytes = Buffer.from(message);
    const where = bytes.indexOf('\ufffd');
    const other = Buffer.concat([bytes.subarray(0, where), Buffer.from([0xff]), bytes.subarray(where + 3)]);
    push({ 'grants/first.yaml': GRANT }, { at: 1, message: other });
    expect((await ledger()).alarms.map((one) => one.code)).toContain('authorization-invalid');
  });

  test('what replaces objects in a clone is not the history', async () => {
    push({ 'grants/first.yaml': GRANT }, { at: 1, message: 'A push\n' });
    const better = repo.commit({
      tree: repo.tree(files),
      parents: [root.genesis],
      at: 1,
      message: signed(record('first', 1)),
    });
    repo.git(['update-ref', `refs/replace/${tip}`, better]);
    expect((await ledger()).grants.size).toBe(0);
  });
});

describe('policies/', () => {
  test.each<readonly [string, Files[string]]>([
    ['a symbolic link', { mode: '120000', text: '../../etc/passwd' }],
    ['an executable', { mode: '100755', text: 'rules: []\n' }],
    ['a submodule', { mode: '160000', text: hash('x') }],
  ])('rules.yaml as %s is a missing file, even when the owners approved it', async (_, file) => {
    const tree = await policiesTreeOf(repo.dir, repo.tree({ ...files, 'policies/rules.yaml': file }));
    push({ 'policies/rules.yaml': file }, { at: 1, message: signed(builder.change(tree ?? '')) });
    const read = await ledger();
    expect(read.policy.tree).toBe(policies);
    expect(read.alarms).toMatchObject([
      { code: 'policy-unreadable', message: expect.stringContaining('policies/rules.yaml is missing') },
    ]);
  });

  test('the folder itself as a link is no policy', async () => {
    for (const path of Object.keys(policyFiles(builder))) delete files[path];
    push({ policies: { mode: '120000', text: 'elsewhere' } }, { at: 1 });
    expect(await ledger()).toMatchObject({
      policyDiverged: true,
      policy: { tree: policies },
      alarms: [{ code: 'policy-unauthorized' }],
    });
    expect(await policiesTreeOf(repo.dir, tip)).toBeNull();
  });

  test('a huge file is refused unread, and the ledger goes on', async () => {
    const huge = 'x'.repeat(5 * 1024 * 1024);
    const tree = await policiesTreeOf(repo.dir, repo.tree({ ...files, 'policies/rules.yaml': huge }));
    push({ 'policies/rules.yaml': huge }, { at: 1, message: signed(builder.change(tree ?? '')) });
    grant('first', 2);
    const read = await ledger();
    expect(read.alarms).toMatchObject([
      { code: 'policy-unreadable', message: expect.stringContaining('bytes; at most') },
    ]);
    expect(read.grants.has('first')).toBe(true);
  });
});

describe('the root', () => {
  test('a rewritten history has none', async () => {
    const rewritten = repo.commit({ tree: repo.tree(files), message: 'Genesis, better\n' });
    repo.setBranch('main', rewritten);
    expect(await readLedger(repo.dir, root, 'refs/heads/main')).toMatchObject({
      kind: 'no-root',
      reason: expect.stringContaining('was rewritten'),
    });
  });

  test('genesis on a side branch does not count', async () => {
    const other = repo.commit({ tree: repo.tree(files), message: 'Other\n' });
    repo.setBranch('main', repo.commit({ tree: repo.tree(files), parents: [other, root.genesis] }));
    expect((await readLedger(repo.dir, root, 'refs/heads/main')).kind).toBe('no-root');
  });

  test('what lies before genesis is not read', async () => {
    root = { ...root, genesis: push({ 'grants/early.yaml': GRANT }) };
    expect(await ledger()).toMatchObject({ position: 0, strays: [{ id: 'early' }] });
  });
});

describe('read again after it has moved', () => {
  test('it says what reading it at once says: forwards, backwards, along a merge, and on another branch', async () => {
    const first = grant('first', 1);
    const tips = [root.genesis, first];
    const side = repo.commit({ tree: repo.tree({ ...files, 'grants/side.yaml': GRANT }), parents: [first], at: 2 });
    tips.push(push({ 'grants/second.yaml': GRANT }, { at: 3 }), grant('third', 4));
    tips.push(repo.commit({ tree: repo.tree(files), parents: [tip, side], at: 5 }));
    tips.push(repo.commit({ tree: repo.tree(files), parents: [side, tip], at: 5 }));
    tips.push(push({ 'policies/rules.yaml': '[]\n', 'grants/first.yaml': null }, { at: 6 }));
    for (let i = 0; i < 55; i++) tip = repo.commit({ tree: repo.tree(files), parents: [tip], at: 7 + i });
    tips.push(tip, first, side, push({ 'grants/first.yaml': GRANT }, { at: 70 }));
    const moving: unknown[] = [];
    for (const one of tips) moving.push(await readLedger(repo.dir, root, one));
    // By another name for the folder each, so that nothing is known of it.
    const anew = await Promise.all(tips.map((one, i) => readLedger(`${repo.dir}${'/.'.repeat(i + 1)}`, root, one)));
    expect(moving).toEqual(anew);
    expect(new Set(anew.map((one) => JSON.stringify(one))).size).toBe(tips.length - 1);
  });

  test.each([
    ['commit', ''],
    ['tree', '^{tree}'],
    ['folder of policies', ':policies'],
  ])('a %s that cannot be read fails the reading, and the next one goes on', async (_, part) => {
    grant('first', 1);
    await ledger();
    push({ 'policies/rules.yaml': '[]\n' }, { at: 2 });
    const id = repo.git(['rev-parse', `${tip}${part}`]).trim();
    const path = join(repo.dir, 'objects', id.slice(0, 2), id.slice(2));
    renameSync(path, `${path}.away`);
    await expect(ledger()).rejects.toThrow();
    renameSync(`${path}.away`, path);
    grant('second', 3);
    const healed = await ledger();
    expect(healed).toEqual(
      await readLedger(`${repo.dir}/.`, root, tip).then((one) => one.kind !== 'no-root' && one.ledger),
    );
    expect(healed.grants.has('second')).toBe(true);
  });

  test('nothing that was read before is read again', async () => {
    grant('first', 1);
    await ledger();
    rmSync(join(repo.dir, 'objects', root.genesis.slice(0, 2)), { recursive: true });
    grant('second', 2);
    expect([...(await ledger()).grants.keys()]).toEqual(['first', 'second']);
    await expect(readLedger(`${repo.dir}/.`, root, tip)).rejects.toThrow();
  });
});

describe('authorizedGrant', () => {
  const ask = (id: string, minutes: number, source: Partial<Root> = {}) =>
    authorizedGrant({ mirror: repo.dir, branch: 'main', ...root, ...source }, id, at(minutes));

  test('the grant as signed while it lives; refused with the reason otherwise', async () => {
    grant('first', 1);
    expect(await ask('first', 2)).toMatchObject({
      kind: 'authorized',
      grant: { id: 'first', deadline: wholeSeconds(at(61)) },
    });
    expect(await ask('first', 61)).toEqual({
      kind: 'refused',
      reason: `grant "first" has ended: deadline ${wholeSeconds(at(61))}`,
    });
    expect(await ask('other', 2)).toEqual({ kind: 'refused', reason: 'no valid authorization grants "other"' });
    expect(await ask('first', 2, { repositoryId: 7 })).toMatchObject({ kind: 'refused' });
    expect(await ask('first', 2, { fingerprints: [] })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('fingerprints'),
    });
    expect(await ask('first', 2, { genesis: hash('other') })).toMatchObject({ kind: 'refused' });
    push({ 'grants/first.yaml': null }, { at: 3 });
    expect(await ask('first', 4)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('removed from the branch'),
    });
  });
});
