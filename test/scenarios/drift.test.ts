// While a grant lives, somebody changes policy, AWS or the disk under it.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { live, untilMerged, untilSaid, withStage } from './stage.ts';

it('a policy that no longer has the person ends the grant at once, and is merged by the app while it lives', () =>
  withStage({}, async (stage, sandbox) => {
    await sandbox.startApp();
    const pull = await live(stage, 'fired');
    const { body } = await stage.as('octo-lead').request('GET', '/repos/acme/access/contents/policies/people.yaml');
    const people = Buffer.from(String((body as { content: string }).content), 'base64').toString('utf8');
    const without = people
      .split('\n')
      .filter((line) => !line.includes('583231'))
      .join('\n');
    await stage.as('octo-lead').push('fire', { 'policies/people.yaml': without });
    const change = await stage.as('octo-lead').openPull({ head: 'fire', title: 'Fire' });
    await untilSaid(stage, change, 'Waiting for approval: 2 of');
    stage.github.teams.add('incident-commanders', 'hubot');
    await stage.as('hubot-boss').comment(change, '/approve-emergency');
    await stage.as('hubot').comment(change, '/approve-emergency');
    await untilMerged(stage, change);
    await stage.until('it is denied', () => !stage.can('octocat', 'payments'), 8_000);
    await untilSaid(stage, pull, 'no longer in policy');
    await untilSaid(stage, pull, 'the proof is in commit');
  }));

it('a permission set that somebody deletes by hand is made again', () =>
  withStage({}, async (stage, sandbox) => {
    await sandbox.startApp();
    await live(stage, 'byhand');
    const [set] = stage.sets();
    stage.aws.administrator.deleteSet(set?.name ?? '');
    expect(stage.can('octocat', 'payments')).toBe(false);
    await stage.until('it is back', () => stage.can('octocat', 'payments'), 40_000);
    expect(stage.sets()).toHaveLength(1);
  }));

it("the engine's state and the mirror are lost while a grant lives: one access, and it still ends", () =>
  withStage({}, async (stage, sandbox) => {
    const app = await sandbox.startApp();
    const pull = await stage.request('lost', { duration: '25s' });
    await untilSaid(stage, pull, 'Waiting for approval');
    await stage.as('hubot-boss').comment(pull, '/approve-emergency');
    await untilSaid(stage, pull, 'Active until');
    await app.stop();
    await rm(join(sandbox.dir, 'data'), { recursive: true, force: true });
    await sandbox.startApp();
    await stage.until('there is access', () => stage.can('octocat', 'payments'), 20_000);
    expect(stage.sets()).toHaveLength(1);
    await untilSaid(stage, pull, 'the proof is in commit', 60_000);
    expect(stage.sets()).toEqual([]);
  }));
