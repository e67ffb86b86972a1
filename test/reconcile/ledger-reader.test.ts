// The ledger that was verified last goes on counting: over a rewritten branch, a mirror that is gone, a git that fails.
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keyFingerprint } from '../../app/core/policy/fingerprint.ts';
import { type Mirror, openMirror } from '../../app/git/mirror.ts';
import { readTrusted } from '../../app/git/trusted-tip.ts';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import { ledgerReader } from '../../app/reconcile/ledger-reader.ts';
import { HistoryBuilder, REPOSITORY } from '../core/ledger/history-builder.ts';
import { createRepository, policyFiles, type Repository } from '../git/repository.ts';

let origin: Repository;
let data: string;
let mirror: Mirror;
let genesis: string;
let builder: HistoryBuilder;

const push = (text: string, parent: string): string => {
  const sha = origin.commit({ tree: origin.tree({ ...policyFiles(builder), 'README.md': text }), parents: [parent] });
  origin.setBranch('main', sha);
  return sha;
};
const log = { error: () => {}, info: () => {} };

/** As a start of the process does. */
async function start() {
  mirror = await openMirror({
    dir: join(data, 'mirror.git'),
    url: async () => `file://${origin.dir}`,
    branch: 'main',
    token: async () => 'x',
  });
  const alarms = createAlarms({ log, now: () => new Date() });
  const fingerprints = [keyFingerprint(builder.key.key.key)];
  const root = { repositoryId: REPOSITORY, branch: 'main', genesis, fingerprints };
  const reader = ledgerReader({ dir: mirror.dir, root, tip: mirror.tip }, alarms);
  return { ...reader, codes: () => alarms.open().map(({ code }) => code) };
}

beforeEach(async () => {
  builder = new HistoryBuilder();
  origin = createRepository();
  data = mkdtempSync(join(tmpdir(), 'breakglass-ledger-'));
  genesis = origin.commit({ tree: origin.tree(policyFiles(builder)), message: 'Genesis\n' });
  origin.setBranch('main', genesis);
});
afterEach(() => {
  origin.remove();
  rmSync(data, { recursive: true, force: true });
});

describe('what was verified and could not be kept', () => {
  it('is kept a moment later, though the branch stands still: a killed git had left its lock', async () => {
    const now = vi.spyOn(performance, 'now');
    const reader = await start();
    await mirror.fetch();
    const lock = join(mirror.dir, 'refs', 'breakglass', 'trusted.lock');
    mkdirSync(join(mirror.dir, 'refs', 'breakglass'), { recursive: true });
    writeFileSync(lock, '');
    expect((await reader.ledger()).tip).toBe(genesis);
    expect(await readTrusted(mirror.dir)).toBeNull();
    // As old as a lock is when nobody can be holding it any more.
    utimesSync(lock, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
    await reader.ledger();
    expect(await readTrusted(mirror.dir)).toBeNull();
    now.mockReturnValue(performance.now() + 15_000);
    await reader.ledger();
    expect(await readTrusted(mirror.dir)).toBe(genesis);
    expect(existsSync(lock)).toBe(false);
    now.mockRestore();
  });
});

describe('a mirror that cannot be read', () => {
  it('freezes what was verified last, says so, and is read again when it can be', async () => {
    const reader = await start();
    await mirror.fetch();
    const before = await reader.ledger();
    rmSync(mirror.dir, { recursive: true });
    writeFileSync(mirror.dir, 'not a folder');
    expect(await reader.ledger()).toBe(before);
    expect(reader.frozen()).toMatch(/^the ledger cannot be read: .*Ends go on by what was verified last/s);
    expect(reader.codes()).toEqual(['ledger-unreadable']);
    const tip = push('more', genesis);
    await mirror.fetch();
    await expect.poll(async () => (await reader.ledger()).tip, { timeout: 15_000 }).toBe(tip);
    expect([reader.frozen(), reader.codes()]).toEqual([null, []]);
  }, 30_000);

  it('and no git that could be started', async () => {
    const reader = await start();
    await mirror.fetch();
    await reader.ledger();
    const tip = push('more', genesis);
    await mirror.fetch();
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    try {
      expect((await reader.ledger()).tip).toBe(genesis);
      expect(reader.frozen()).toContain('git cannot be started');
    } finally {
      process.env.PATH = PATH;
    }
    expect((await reader.ledger()).tip).toBe(tip);
    expect(reader.frozen()).toBeNull();
  });

  it('is an error as long as nothing was verified', async () => {
    const reader = await start();
    await expect(reader.ledger()).rejects.toThrow('has no branch main yet');
  });
});

describe('what was verified last', () => {
  it('outlives the mirror: a branch that was rewritten meanwhile is seen', async () => {
    const first = await start();
    await mirror.fetch();
    await first.ledger();
    const trusted = push('more', genesis);
    await mirror.fetch();
    expect((await first.ledger()).tip).toBe(trusted);
    rmSync(mirror.dir, { recursive: true });
    push('other', genesis);
    const second = await start();
    await mirror.fetch();
    const ledger = await second.ledger();
    expect(ledger.tip).not.toBe(trusted);
    expect(second.frozen()).toContain('cannot be read: it says what was verified last');
    expect(second.codes()).toEqual(['history-rewritten']);
    // What the engine's child asks first: it refuses too.
    await expect(readTrusted(mirror.dir)).rejects.toThrow('cannot be read');
    // An administrator puts it back.
    origin.setBranch('main', trusted);
    await mirror.fetch();
    expect((await second.ledger()).tip).toBe(trusted);
    expect([second.frozen(), second.codes()]).toEqual([null, []]);
  });

  it('is put in place again where the mirror is made anew, or its ref is damaged', async () => {
    const first = await start();
    await mirror.fetch();
    await first.ledger();
    rmSync(mirror.dir, { recursive: true });
    const second = await start();
    await mirror.fetch();
    expect((await second.ledger()).tip).toBe(genesis);
    expect(await readTrusted(mirror.dir)).toBe(genesis);
    writeFileSync(join(mirror.dir, 'refs', 'breakglass', 'trusted'), '');
    expect((await second.ledger()).tip).toBe(genesis);
    expect([await readTrusted(mirror.dir), second.frozen()]).toEqual([genesis, null]);
  });
});
