// The demo as a person runs it: it ends with 0, and what it reports of the run is whole.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUNDLE } from './bundle.ts';
import { commands } from './demo-keep.ts';
import { createScene } from './demo-scene.ts';
import { type Sandbox, startSandbox, until } from './index.ts';

const run = promisify(execFile);
const DEMO = join(import.meta.dirname, 'demo.ts');
/** What runs from the sources as they are is what `npm start` starts; all other tests start one file of each program. */
const FROM_SOURCES = { ...process.env, [BUNDLE]: undefined };

describe('npm run demo -- --json', () => {
  let stdout = '';
  let stderr = '';
  beforeAll(async () => {
    ({ stdout, stderr } = await run(process.execPath, [DEMO, '--json'], { env: FROM_SOURCES, maxBuffer: 10_000_000 }));
  });

  it('prints one line of JSON, with every value measured', () => {
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const version = expect.stringMatching(/^\d+\.\d+\.\d+$/);
    const result: unknown = JSON.parse(stdout);
    expect(result).toMatchObject({
      engine: { cli: version, sdk: version, aws: version },
      allowedBefore: true,
      allowedAfter: false,
      removalProof: {
        grant: 'payments-db-down',
        commit: expect.stringMatching(/^[0-9a-f]{40}$/),
        ended: expect.stringContaining('deadline '),
      },
      authorizationsVerified: 4,
    });
    const { approveToMergeMs, mergeToGrantedMs, deadlineToRemovedMs, gitLog, removalProof } = result as {
      readonly approveToMergeMs: number;
      readonly mergeToGrantedMs: number;
      readonly deadlineToRemovedMs: number;
      readonly gitLog: readonly string[];
      readonly removalProof: {
        readonly firstAt: string;
        readonly secondAt: string;
        readonly requestIds: readonly string[];
      };
    };
    for (const measured of [approveToMergeMs, mergeToGrantedMs, deadlineToRemovedMs])
      expect(measured).toBeGreaterThan(0);
    expect(Date.parse(removalProof.secondAt)).toBeGreaterThanOrEqual(Date.parse(removalProof.firstAt));
    expect(new Set(removalProof.requestIds).size).toBeGreaterThan(3);
    expect(gitLog.filter((line) => line.includes('Grant '))).toHaveLength(2);
    expect(gitLog.filter((line) => line.includes('End access of '))).toHaveLength(2);
  });

  it('tells the story on stderr, in lines that fit, without colours', () => {
    expect(stderr).toContain('kill -9');
    expect(stderr).toContain('explicit Deny: * if aws:CurrentTime');
    expect(stderr).not.toContain('\u001b');
    const story = stderr.slice(0, stderr.indexOf('breakglass audit --verify'));
    expect(story.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('refuses what it does not know', async () => {
    await expect(run(process.execPath, [DEMO, '--jsn'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--keep'),
    });
  });
});

describe('npm run demo -- --keep', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ secrets: 'passphrase' });
    await sandbox.startApp();
  });
  afterAll(() => sandbox.close());

  it('prints commands that work as they stand', async () => {
    const lines = commands(sandbox);
    const trail = lines.at(-1) ?? '';
    const { stdout } = await run('bash', ['-eu', '-c', lines.slice(0, -1).join('\n')]);
    expect(stdout).toContain('pull request #1');
    const scene = createScene(sandbox);
    await until('AWS allows it', () => scene.can('s3:GetObject').kind === 'allowed');
    const log = await run('bash', ['-euo', 'pipefail', '-c', `cd ${sandbox.dir}/mine && ${trail}`]);
    expect(log.stdout).toContain('Grant admin on prod-payments to @octocat for 45s (#1)');
    expect(log.stdout).toContain('Approved-By: hubot-boss');
  });
});
