// `breakglass audit` over real clones: the table, the JSON, the root, the exit codes.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../app/cli/exit-codes.ts';
import { type SignedHistory, signedHistory } from '../audit/signed-history.ts';
import { GRANT, grantText } from '../core/ledger/history-builder.ts';
import { run } from './captured.ts';

let clean: SignedHistory;
let dirty: SignedHistory;
const ID = '2026-11-22-payments-database-refuses-connections';

beforeAll(async () => {
  clean = await signedHistory();
  clean.grant(ID, 1);
  clean.extend(ID, 1, 30);
  clean.grant('short', 5, { text: grantText({ role: 'database-failover' }), approvedBy: [] });
  clean.remove('short', 20, 'revoked by hubot-boss (1234567) 2026-11-22T03:15:00Z');
  dirty = await signedHistory();
  dirty.grant('first', 1);
  dirty.push({ 'grants/planted.yaml': GRANT }, { at: 9 });
});
afterAll(() => {
  clean.discard();
  dirty.discard();
});

const root = ({ genesis, fingerprint, repositoryId }: SignedHistory) => [
  '--root',
  genesis,
  '--fingerprint',
  fingerprint,
  '--repository-id',
  `${repositoryId}`,
];

describe('the table', () => {
  test('fits 120 columns and wraps names at their hyphens', async () => {
    const { code, out } = await run(['audit', '--repo', clean.dir]);
    expect(code).toBe(EXIT.ok);
    const [heading = '', ...rest] = out.split('\n');
    const rows = rest.slice(0, rest.indexOf(''));
    expect(Math.max(...[heading, ...rows].map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(heading).toMatch(/^GRANT +WHO +ROLE +ACCOUNT +APPROVED BY +START, END +STATE +PULL$/);
    expect(rows.map((line) => line.split('  ')[0]).join('')).toContain('database-');
    expect(rows.join(' ')).toMatch(/octocat .*hubot-boss,? .*2026-11-22T03:01:00Z .*active .*#42/);
    expect(rows.join(' ')).toMatch(/2026-11-22T05:01:00Z .*#43/);
    expect(rows.join(' ')).toMatch(/short .*rule .*2026-11-22T03:05:00Z .*removed/);
    expect(rows.join(' ')).toContain('2026-11-22T03:15:00Z');
  });

  test('at a time, only who had access then', async () => {
    const ids = async (at: string) =>
      JSON.parse((await run(['audit', '--repo', clean.dir, '--json', '--at', at])).out).grants.map(
        ({ id }: { id: string }) => id,
      );
    expect(await ids('2026-11-22T03:10:00Z')).toEqual([ID, 'short']);
    expect(await ids('2026-11-22T05:16:00+02:00')).toEqual([ID]);
    expect((await run(['audit', '--repo', clean.dir, '--at', '2026-11-21'])).out).toContain(
      'No grants with access at 2026-11-21T00:00:00Z.',
    );
  });

  test('one grant; and one that never was is something to look at', async () => {
    const { out } = await run(['audit', '--repo', clean.dir, '--grant', 'short', '--json']);
    expect(JSON.parse(out).grants).toMatchObject([
      { id: 'short', state: 'removed', endedAt: '2026-11-22T03:15:00Z', proof: 'proven requests 1 2' },
    ]);
    expect((await run(['audit', '--repo', clean.dir, '--grant', 'nobody'])).code).toBe(EXIT.attention);
  });
});

describe('the root', () => {
  test('without --verify it says that the history only chains to itself, and how to check', async () => {
    const { out } = await run(['audit', '--repo', dirty.dir]);
    expect(out).toContain('only chains to itself');
    expect(out).toContain(`--root ${dirty.genesis} \\`);
    expect(out).toContain('grants/planted.yaml of commit');
    expect(JSON.parse((await run(['audit', '--repo', clean.dir, '--json'])).out)).toMatchObject({
      rootGiven: false,
      verified: false,
    });
  });

  test('verified: how many authorizations, and 0', async () => {
    const { code, out } = await run(['audit', '--repo', clean.dir, '--verify', ...root(clean)]);
    expect(out).toContain('4 authorizations verified (grants 2, extensions 1, removals 1, changes 0)');
    expect(out).toContain('Verified: all of it chains to the given root.');
    expect(code).toBe(EXIT.ok);
  });

  test('anything unexplained is 1', async () => {
    const { code, out } = await run(['audit', '--repo', dirty.dir, '--verify', ...root(dirty)]);
    expect(out).toContain('NOT VERIFIED');
    expect(out).toContain('grant-unauthorized');
    expect(code).toBe(EXIT.attention);
  });

  test.each([
    [
      'another genesis',
      (h: SignedHistory) => ({ ...h, genesis: 'a'.repeat(40) }),
      'the history was rewritten, or the wrong commit',
    ],
    [
      'other keys',
      (h: SignedHistory) => ({ ...h, fingerprint: 'b'.repeat(64) }),
      'is not among the configured fingerprints',
    ],
  ])('%s is 1, and said', async (_, change, words) => {
    const { code, notes } = await run(['audit', '--repo', clean.dir, '--verify', ...root(change(clean))]);
    expect(notes).toContain(words);
    expect(code).toBe(EXIT.attention);
  });

  test('another repository: its records are not ours', async () => {
    const { code, out } = await run(['audit', '--repo', clean.dir, '--verify', ...root({ ...clean, repositoryId: 7 })]);
    expect(out).toContain('0 authorizations verified');
    expect(code).toBe(EXIT.attention);
  });
});

test('in any clone, from a branch by name; a shallow one is told how to become whole', async () => {
  const folder = join(clean.dir, 'clones');
  const clone = (name: string, ...args: string[]) => {
    execFileSync('git', ['clone', '--quiet', ...args, `file://${clean.dir}`, join(folder, name)], { stdio: 'ignore' });
    return join(folder, name);
  };
  const whole = clone('whole');
  expect((await run(['audit', '--repo', whole, '--branch', 'origin/main'])).out).toContain('4 authorizations verified');
  const shallow = await run(['audit', '--repo', clone('shallow', '--depth', '1'), '--verify', ...root(clean)]);
  expect(shallow.notes).toContain('git fetch --unshallow');
  expect(shallow.code).toBe(EXIT.attention);
});
