// An end stays an end: over a crash, over rewritten history, with AWS, the state or the engine in the way.
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grantYaml, live, untilMerged, untilSaid, withStage } from './stage.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.concurrent('an end is never undone', () => {
  it('when the app dies after AWS has lost the access (and the tag) and before the removal is recorded', () =>
    withStage({}, async (stage) => {
      const app = await stage.sandbox.startApp();
      const pull = await live(stage, 'crash-end');
      // Bookkeeping is held up: no branch for the removal can be made.
      const held = stage.github.faults.on(
        { method: 'POST', path: /\/git\/(commits|trees|refs)$/, times: 1000 },
        { kind: 'refuse', status: 503 },
      );
      const comment = await stage.as('octocat').comment(pull, '/revoke');
      await stage.until('AWS holds nothing', () => stage.sets().length === 0);
      await untilSaid(stage, pull, 'AWS proved that the access is gone');
      await app.kill();
      await stage.as('octocat').deleteComment(comment);
      const made = stage.setsMade();
      await stage.sandbox.startApp();
      await pause(6_000);
      held.remove();
      expect(stage.setsMade()).toBe(made);
      expect(stage.can('octocat', 'payments')).toBe(false);
    }));

  it('when the app dies at that moment, with the /revoke still standing: nothing is granted even for a moment', () =>
    withStage({}, async (stage) => {
      const app = await stage.sandbox.startApp();
      const pull = await live(stage, 'crash-end2');
      const held = stage.github.faults.on(
        { method: 'POST', path: /\/git\/(commits|trees|refs)$/, times: 1000 },
        { kind: 'refuse', status: 503 },
      );
      await stage.as('octocat').comment(pull, '/revoke');
      await untilSaid(stage, pull, 'AWS proved that the access is gone');
      await app.kill();
      const made = stage.setsMade();
      await stage.sandbox.startApp();
      await pause(6_000);
      held.remove();
      expect(stage.setsMade()).toBe(made);
    }));

  it('when somebody rewrites the branch to before the removal', () =>
    withStage({}, async (stage) => {
      stage.github.rulesets.clear();
      const app = await stage.sandbox.startApp();
      const pull = await live(stage, 'revive');
      const before = stage.log('-1', '--format=%H').trim();
      const comment = await stage.as('octocat').comment(pull, '/revoke');
      await untilSaid(stage, pull, 'the proof is in commit');
      await stage.as('octocat').deleteComment(comment);
      await app.stop();
      const made = stage.setsMade();
      await stage.as('root-admin').push('main', { 'README.md': 'x\n' }, { base: before, force: true });
      await stage.sandbox.startApp();
      await pause(6_000);
      expect(stage.setsMade()).toBe(made);
      expect(stage.can('octocat', 'payments')).toBe(false);
    }));
});

describe.concurrent('an early end does not wait', () => {
  it('for a tag that AWS refuses: the access is taken away all the same', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'no-tag');
      stage.aws.plant({ on: 'TagResource', mishap: { kind: 'error', code: 'AccessDeniedException' }, times: 1000 });
      await stage.as('octocat').comment(pull, '/revoke');
      await stage.until('AWS holds nothing', () => stage.sets().length === 0, 30_000);
    }));

  it('for a state store that cannot be read', () =>
    withStage({}, async (stage, sandbox) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'no-state');
      const folder = join(sandbox.dir, 'data', 'state', '.pulumi', 'stacks');
      execFileSync('mv', [folder, `${folder}.away`]);
      await writeFile(folder, 'not a folder');
      await stage.as('octocat').comment(pull, '/revoke');
      try {
        await stage.until('it is denied', () => !stage.can('octocat', 'payments'), 20_000);
      } finally {
        await rm(folder);
        execFileSync('mv', [`${folder}.away`, folder]);
      }
    }));

  it('for an extension that hangs in AWS: the live session is cut within seconds', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'hang', '10m');
      const hang = stage.aws.plant({
        on: 'DescribePermissionSetProvisioningStatus',
        mishap: { kind: 'delay', ms: 60_000 },
      });
      await stage
        .as('octocat')
        .push('hang-2', { 'grants/hang.yaml': grantYaml({ duration: '20m' }) }, { base: 'main' });
      const extension = await stage.as('octocat').openPull({ head: 'hang-2', title: 'Longer' });
      await untilSaid(stage, extension, 'Waiting for approval');
      await stage.as('hubot-boss').comment(extension, '/approve-emergency');
      await untilMerged(stage, extension);
      await stage.until('it hangs', () => hang.hits() > 0);
      expect(stage.can('octocat', 'payments')).toBe(true);
      await stage.as('octocat').comment(pull, '/revoke');
      await stage.until('it is denied', () => !stage.can('octocat', 'payments'), 30_000);
    }));

  it('for a grant still under way when its file is taken off the branch', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('midway');
      await untilSaid(stage, pull, 'Waiting for approval');
      stage.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-slow', ms: 20_000 } });
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await stage.until('AWS makes the assignment', () =>
        stage.aws.log.some((one) => one.operation === 'CreateAccountAssignment'),
      );
      await stage.as('root-admin').push('main', { 'grants/midway.yaml': null });
      await untilSaid(stage, pull, 'AWS proved that the access is gone', 90_000);
      expect(stage.logged((line) => line.msg === 'active')).toEqual([]);
    }));
});

describe.concurrent('an end is asked for', () => {
  it("by a person, not by what somebody else pushes to that person's branch", () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      await live(stage, 'target');
      const lead = await stage.request('leads', {}, 'octo-lead');
      await untilSaid(stage, lead, 'Waiting for approval');
      await stage.as('mallory').push('leads', { 'grants/target.yaml': null }, { base: 'main', force: true });
      await untilSaid(stage, lead, 'It may be ended by its requester');
      await pause(2_500);
      expect(stage.can('octocat', 'payments')).toBe(true);
    }));
});
