// The one git that reads objects: many questions at once, answers to the right one, and nothing left behind.
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { askContents, askInfo, readHeader } from '../../app/git/object-reader.ts';
import { createRepository } from './repository.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('reading objects', () => {
  it('answers each of many questions with its own object, whatever is between them', async () => {
    const repository = createRepository();
    const texts = Array.from({ length: 300 }, (_, i) => (i % 50 === 0 ? 'x'.repeat(300_000) : `text ${i}\n1 blob 2\n`));
    const ids = texts.map((text) => repository.blob(text));
    const names = ids.flatMap((id) => [id, 'no such thing blob 12', `${'0'.repeat(39)}1`]);
    const found = await Promise.all(names.map((name) => askContents(repository.dir, name)));
    for (const [i, text] of texts.entries()) {
      expect(found[3 * i]?.bytes.toString()).toBe(text);
      expect(found[3 * i + 1]).toBeNull();
      expect(found[3 * i + 2]).toBeNull();
    }
    repository.remove();
  });

  it('sees what comes after it was started: objects, and where a branch is now', async () => {
    const repository = createRepository();
    const first = repository.commit({ tree: repository.tree({ a: '1' }) });
    repository.setBranch('main', first);
    expect((await askInfo(repository.dir, 'refs/heads/main^{commit}'))?.id).toBe(first);
    const second = repository.commit({ tree: repository.tree({ a: '2' }), parents: [first] });
    expect((await askInfo(repository.dir, second))?.type).toBe('commit');
    repository.setBranch('main', second);
    expect((await askInfo(repository.dir, 'refs/heads/main^{commit}'))?.id).toBe(second);
    repository.git(['pack-refs', '--all']);
    repository.git(['repack', '-adq']);
    expect((await askInfo(repository.dir, 'refs/heads/main^{commit}'))?.id).toBe(second);
    expect((await askContents(repository.dir, 'main:a'))?.bytes.toString()).toBe('2');
    repository.remove();
  });

  it('asks one question at a time: a name with a line break is refused', async () => {
    await expect(askInfo('/nowhere', 'HEAD\ncontents HEAD')).rejects.toThrow('line breaks');
  });

  it('fails whoever waits when there is no such repository, and works for the next one that is there', async () => {
    await expect(askInfo('/nowhere/at/all', 'HEAD')).rejects.toThrow(/git cat-file failed/);
    const repository = createRepository();
    expect(await askInfo(repository.dir, 'HEAD')).toBeNull();
    repository.remove();
  });

  it('ends a git that hangs, however many ask it meanwhile', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'breakglass-hanging-git-'));
    writeFileSync(join(dir, 'git'), '#!/bin/sh\nexec sleep 1000\n');
    chmodSync(join(dir, 'git'), 0o755);
    vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked = [askInfo(dir, 'HEAD')];
    for (let seconds = 0; seconds < 55; seconds += 5) {
      vi.advanceTimersByTime(5_000);
      asked.push(askInfo(dir, 'HEAD'));
    }
    vi.advanceTimersByTime(6_000);
    for (const one of asked) await expect(one).rejects.toThrow('killed by SIGKILL');
  });

  it.each([
    ['0'.repeat(40), null],
    [`${'a'.repeat(40)} blob 12`, { id: 'a'.repeat(40), type: 'blob', size: 12 }],
    [`${'a'.repeat(40)} blob 12 missing`, null],
    ['some name blob 12', null],
    [`${'a'.repeat(40)} missing`, null],
  ])('reads the header %j', (line, facts) => {
    expect(readHeader(line)).toEqual(facts);
  });
});
