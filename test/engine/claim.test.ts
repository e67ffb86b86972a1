// Who may use a state: one living process, and the next one as soon as it is dead.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { claimFile, type Holder } from '../../app/engine/claim.ts';
import { startOf } from '../../app/engine/process-tree.ts';
import { claimState } from '../../app/engine/state-claim.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'breakglass-claim-'));
});

const file = () => join(dataDir, 'claim.json');
const held = (changes: Partial<Holder>) => {
  const holder: Holder = {
    id: 'theirs',
    pid: process.pid,
    start: startOf(process.pid) ?? '',
    hostname: hostname(),
    heartbeat: new Date().toISOString(),
    ...changes,
  };
  writeFileSync(file(), JSON.stringify(holder));
};

describe('claimState', () => {
  it('is held by one, named to the second, and free again after its release', async () => {
    const first = await claimState(dataDir);
    const second = await claimState(dataDir);
    expect(second).toMatchObject({ kind: 'held', by: { pid: process.pid, hostname: hostname() } });
    if (first.kind === 'claimed') await first.release();
    expect((await claimState(dataDir)).kind).toBe('claimed');
  });

  it.each<[string, Partial<Holder>, 'claimed' | 'held']>([
    ['a living process of this host', {}, 'held'],
    ['a living process that has been silent for long', { heartbeat: '2020-01-01T00:00:00Z' }, 'held'],
    ['a dead process of this host', { pid: 2 ** 22 - 1, start: '1' }, 'claimed'],
    ['a dead process whose number another one has now', { start: '1' }, 'claimed'],
    ['a process of another host that shows life', { hostname: 'elsewhere' }, 'held'],
    [
      'a process of another host that fell silent',
      { hostname: 'elsewhere', heartbeat: '2020-01-01T00:00:00Z' },
      'claimed',
    ],
  ])('%s', async (_, changes, expected) => {
    held(changes);
    expect((await claimState(dataDir)).kind).toBe(expected);
  });

  it('takes away what the dead left beside it, and leaves what the living are writing', async () => {
    held({ pid: 2 ** 22 - 1, start: '1' });
    const aside = (id: string) => join(dataDir, `claim.json.00000000-0000-4000-8000-00000000000${id}`);
    renameSync(file(), aside('1'));
    held({});
    renameSync(file(), aside('2'));
    writeFileSync(aside('3'), '{"pid":');
    writeFileSync(aside('4'), '{"pid":');
    utimesSync(aside('4'), new Date(0), new Date(0));
    expect((await claimState(dataDir)).kind).toBe('claimed');
    expect(readdirSync(dataDir).sort()).toEqual([
      'claim.json',
      ...[aside('2'), aside('3')].map((one) => basename(one)),
    ]);
  });

  it('takes over a file that a full disk cut short', async () => {
    writeFileSync(file(), '{"pid":');
    expect((await claimState(dataDir)).kind).toBe('claimed');
  });

  it('shows life while it is held', async () => {
    const claim = await claimFile(file(), { heartbeatMs: 10, deadAfterMs: 100 });
    const first = JSON.parse(readFileSync(file(), 'utf8')).heartbeat;
    await expect.poll(() => JSON.parse(readFileSync(file(), 'utf8')).heartbeat).not.toBe(first);
    if (claim.kind === 'claimed') await claim.release();
    expect(existsSync(file())).toBe(false);
  });

  it('does not give away what somebody else has taken over meanwhile', async () => {
    const claim = await claimFile(file(), { heartbeatMs: 10_000, deadAfterMs: 100 });
    held({ hostname: 'elsewhere' });
    if (claim.kind === 'claimed') await claim.release();
    expect(JSON.parse(readFileSync(file(), 'utf8')).id).toBe('theirs');
  });

  it('goes to exactly one of many who find a dead holder', async () => {
    for (let round = 0; round < 20; round += 1) {
      held({ pid: 2 ** 22 - 1, start: '1' });
      const claims = await Promise.all(Array.from({ length: 8 }, () => claimState(dataDir)));
      const won = claims.filter((claim) => claim.kind === 'claimed');
      expect(won).toHaveLength(1);
      for (const claim of won) if (claim.kind === 'claimed') await claim.release();
    }
  });

  it('passes at once to the next process when its holder is killed', async () => {
    const holder = fork(new URL('./claimant.ts', import.meta.url), [dataDir]);
    await once(holder, 'message');
    expect(await claimState(dataDir)).toMatchObject({ kind: 'held', by: { pid: holder.pid } });
    const gone = once(holder, 'exit');
    holder.kill('SIGKILL');
    await gone;
    expect((await claimState(dataDir)).kind).toBe('claimed');
  });
});
