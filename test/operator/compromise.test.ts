// In a compromise an operator ends everything of a person, an account or everybody, with the app up or with nothing up.
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Ran, spawned } from '../cli/captured.ts';
import { USERS } from '../sandbox/organisation.ts';
import { live, type Stage, untilMerged, untilSaid, withStage } from '../scenarios/stage.ts';

const revoke = (stage: Stage, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  spawned(['revoke', ...args, '--reason', 'laptop stolen'], {
    env: stage.sandbox.environment({ BREAKGLASS_LOG_LEVEL: 'info', ...env }),
    cwd: stage.sandbox.dir,
  });

const reader = { role: 'read-only', account: 'prod-web' };

it.concurrent("a person's access ends with the app up, also what is being granted, and nothing new is granted while held", () =>
  withStage({ passSeconds: 600 }, async (stage) => {
    await stage.sandbox.startApp();
    const active = await live(stage, 'active');
    const [set] = stage.sets();
    const session = stage.aws.signIn(USERS.octocat, '111122223333', set?.name ?? '');
    const other = await stage.request('other', reader, 'hubot');
    await untilSaid(stage, other, 'Active until');
    const waiting = await stage.request('waiting');
    await untilSaid(stage, waiting, 'Waiting for approval');
    const assignments = () => stage.aws.log.filter((one) => one.operation === 'CreateAccountAssignment').length;
    const before = assignments();
    stage.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-slow', ms: 6_000 } });
    const midway = await stage.request('midway', reader);
    await stage.until('AWS makes the assignment', () => assignments() > before);

    const began = Date.now();
    const inside = () => stage.aws.whatCan(USERS.octocat, '111122223333', 's3:PutObject', new Date(), { session }).kind;
    const cut = stage.until('the session is cut', () => inside() === 'denied').then(() => Date.now() - began);
    const ran = await revoke(stage, ['--person', 'OctoCat', '--yes', '--json', '--watch', '6s']);
    expect(ran).toMatchObject({ code: 0 });
    const report = JSON.parse(ran.out);
    expect(report).toMatchObject({
      target: '@octocat (583231)',
      app: 'left',
      reason: expect.stringContaining('laptop'),
    });
    expect(report.grants.map((one: { grant: string }) => one.grant).sort()).toEqual(['active', 'midway']);
    expect(await cut).toBeLessThan(25_000);

    await untilSaid(stage, active, 'the proof is in commit');
    await untilSaid(stage, midway, 'the proof is in commit', 60_000);
    expect(await stage.said(midway)).toContain('revoked by operator');
    expect(stage.logged((line) => line.msg === 'active' && line.grant === 'midway')).toEqual([]);
    expect(stage.can('hubot', 'web', 's3:GetObject')).toBe(true);
    expect(stage.sets()).toHaveLength(1);

    await stage.as('hubot-boss').comment(waiting, '/approve-emergency');
    await untilSaid(stage, waiting, 'nothing is granted to the GitHub user 583231 until');
    expect((await stage.pull(waiting)).merged).toBe(false);
    expect(await revoke(stage, ['--person', 'octocat', '--release'])).toMatchObject({ code: 0 });
    await stage.as('octocat').comment(waiting, 'please look again');
    await untilMerged(stage, waiting);
    await untilSaid(stage, waiting, 'Active until');
  }));

it.concurrent("everybody's access ends by the command alone, with the app, GitHub and the engine away", () =>
  withStage({}, async (stage, { dir }) => {
    const app = await stage.sandbox.startApp();
    const first = await live(stage, 'first');
    const second = await stage.request('second', reader, 'hubot');
    await untilSaid(stage, second, 'Active until');
    await app.stop();
    stage.github.faults.down();
    // A CLI that does not run, and nothing to make another with.
    await mkdir(join(dir, 'broken', 'bin'), { recursive: true });
    const away = {
      PATH: join(dir, 'broken', 'bin'),
      BREAKGLASS_CACHE: join(dir, 'no-cache'),
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NODE_USE_ENV_PROXY: '1',
    };
    await writeFile(join(dir, 'broken', 'bin', 'pulumi'), '#!/bin/false\n', { mode: 0o755 });
    await symlink(execFileSync('which', ['git'], { encoding: 'utf8' }).trim(), join(dir, 'broken', 'bin', 'git'));

    const refused = await revoke(stage, ['--all'], away);
    expect(refused).toMatchObject({ code: 2, notes: expect.stringContaining('add --yes') });
    expect(stage.can('octocat', 'payments')).toBe(true);

    const ran = await revoke(stage, ['--all', '--yes', '--hold', '0'], away);
    expect(ran.notes).toContain('the engine does not start');
    expect(ran.out).toMatch(/^ {2}first: removed {2}proven /m);
    expect(ran.out).toMatch(/^ {2}second: removed {2}proven /m);
    expect(ran.out).toContain('What this did not do:');
    expect(ran.code).toBe(0);
    expect(stage.sets()).toEqual([]);

    // Irreversible: the app comes back with its stacks, and makes nothing anew.
    stage.github.faults.up();
    const made = stage.setsMade();
    await stage.sandbox.startApp();
    for (const pull of [first, second])
      expect(await untilSaid(stage, pull, 'the proof is in commit')).toContain('revoked');
    expect(stage.setsMade()).toBe(made);
  }));

it.concurrent("an account's access ends at AWS from a laptop that has only a clone, and the app learns of it from the tags", () =>
  withStage({ passSeconds: 5 }, async (stage, { dir }) => {
    await stage.sandbox.startApp();
    const mine = await live(stage, 'mine');
    const theirs = await stage.request('theirs', reader, 'hubot');
    await untilSaid(stage, theirs, 'Active until');
    const clone = join(dir, 'laptop');
    execFileSync('git', ['clone', '-q', stage.github.bare, clone]);
    const ran = await spawned(
      ['revoke', '--account', 'prod-payments', '--yes', '--watch', '0', '--reason', 'odd calls', '--repo', clone],
      { env: stage.aws.environment, cwd: clone },
    );
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toContain('nothing is held');
    expect(stage.can('octocat', 'payments')).toBe(false);
    expect(stage.can('hubot', 'web', 's3:GetObject')).toBe(true);
    expect(await untilSaid(stage, mine, 'the proof is in commit')).toContain('odd calls');
    expect(await revoke(stage, ['--person', 'nobody-here', '--yes'])).toMatchObject({
      code: 1,
      notes: expect.stringContaining('knows the person "nobody-here"'),
    });
  }));
