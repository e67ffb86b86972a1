// One pull request that cannot be fetched must not keep the branch, or any other pull request, from being fetched.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openMirror } from '../../app/git/mirror.ts';

it('a pull request that cannot be fetched does not spoil the fetch of the others', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'review-mirror-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', join(dir, 'work'), ...args], { encoding: 'utf8' }).trim();
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', join(dir, 'work')]);
  writeFileSync(join(dir, 'work', 'a'), 'a');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'a');
  const head = git('rev-parse', 'HEAD');
  git('update-ref', 'refs/pull/1/head', head);
  const mirror = await openMirror({
    dir: join(dir, 'mirror.git'),
    url: async () => join(dir, 'work'),
    branch: 'main',
    token: async () => 'x',
  });
  const bad = mirror.fetch([{ number: 99, sha: head }]).catch(() => 'failed');
  const plain = mirror.fetch();
  const good = mirror.fetch([{ number: 1, sha: head }]);
  expect(await bad).toBe('failed');
  await plain;
  await good;
  expect(await mirror.tip()).toBe(head);
  expect(await mirror.pullHead(1)).toBe(head);
});
