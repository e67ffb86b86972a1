// The life of a grant, as the README tells it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grantYaml, type Stage, untilMerged, untilSaid, withStage } from './stage.ts';

/** What `pulumi stack output` shows. */
function outputsOf({ sandbox }: Stage, id: string): { readonly proof?: string } | undefined {
  const file = join(sandbox.dir, 'data', 'state', '.pulumi', 'stacks', 'breakglass', `g-${id}.json`);
  return JSON.parse(readFileSync(file, 'utf8')).checkpoint.latest.resources?.[0]?.outputs;
}

describe.concurrent('the life of a grant', () => {
  it('request → approve → merge → active → deadline → removed → removal merged with the proof', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('db-down', { duration: '20s' });
      await untilSaid(stage, pull, 'Waiting for approval: 1 of team `acme/incident-commanders`');
      const waiting = await stage.check(pull);
      expect(waiting?.conclusion).toBe('action_required');
      expect(waiting?.output.text).toContain('- policy in force: `tree ');
      expect(stage.can('octocat', 'payments')).toBe(false);

      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilMerged(stage, pull);
      const active = await untilSaid(stage, pull, 'Active until');
      expect(active).toContain('https://d-906712abcd.awsapps.com/start/#/console?account_id=111122223333');
      expect(stage.can('octocat', 'payments')).toBe(true);
      expect(stage.can('octocat', 'web')).toBe(false);
      expect(stage.can('hubot', 'payments')).toBe(false);
      expect((await stage.check(pull))?.conclusion).toBe('success');

      await untilSaid(stage, pull, 'the proof is in commit');
      expect(stage.sets()).toEqual([]);
      expect(stage.can('octocat', 'payments')).toBe(false);
      expect(await stage.files()).toEqual(['grants/README.md']);
      const [removal] = (await stage.pulls('closed')).filter((one) => one.title.startsWith('End access'));
      expect(removal?.merged_at).not.toBeNull();
      expect(stage.log('-1', '--format=%(trailers:key=Proof,valueonly)')).toMatch(
        /^proven \S+ \S+ requests [0-9a-f-]{36}/,
      );

      // What our signature covers is all that git reads as trailers, and nothing but it.
      const message = stage.log('-1', '--skip=1', '--format=%B');
      const parsed = execFileSync('git', ['interpret-trailers', '--parse'], { input: message, encoding: 'utf8' });
      expect(message.trim().split('\n\n')[1]?.trim()).toBe(parsed.trim());
    }));

  it('a rule with no approvals merges at once', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('look', { role: 'read-only', account: 'staging' });
      await untilMerged(stage, pull);
      await untilSaid(stage, pull, 'Active until');
      expect(stage.can('octocat', 'staging', 's3:GetObject')).toBe(true);
      expect(stage.can('octocat', 'staging', 's3:PutObject')).toBe(false);
      // The engine writes its outputs when all else is done.
      const proof = await stage.until('the stack says what AWS confirmed', () => outputsOf(stage, 'look')?.proof);
      const [, ids = ''] = /^proven \S+ requests ([0-9a-f -]+)$/.exec(proof) ?? [];
      const answered = new Map(stage.aws.log.map((one) => [one.requestId, one.operation]));
      const asked = ids.split(' ').map((id) => answered.get(id));
      expect(asked).toEqual(expect.arrayContaining(['GetInlinePolicyForPermissionSet', 'ListAccountAssignments']));
      expect(asked).not.toContain(undefined);
    }));

  it('two grants of one person on one account overlap: the first ends, the second lives', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const first = await stage.request('first', { duration: '30s' });
      const second = await stage.request('second', { duration: '1h' });
      for (const pull of [first, second]) {
        await untilSaid(stage, pull, 'Waiting for approval');
        await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      }
      await Promise.all([untilSaid(stage, first, 'Active until'), untilSaid(stage, second, 'Active until')]);
      await untilSaid(stage, first, 'the proof is in commit');
      expect(stage.can('octocat', 'payments')).toBe(true);
      expect(await stage.said(second)).toContain('Active until');
      expect(stage.sets()).toHaveLength(1);
    }));

  it('an extension moves the deadline without a gap', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('longer', { duration: '40s' });
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      const [before] = stage.sets();
      const session = stage.aws.signIn(
        '906712abcd-1b2c3d4e-5f60-4718-9abc-def012345678',
        '111122223333',
        before?.name ?? '',
      );

      const file = grantYaml({ duration: '120s' });
      await stage.as('octocat').push('longer-2', { 'grants/longer.yaml': file }, { base: 'main' });
      const extension = await stage.as('octocat').openPull({ head: 'longer-2', title: 'Longer' });
      await untilSaid(stage, extension, 'Waiting for approval');
      await stage.as('hubot-boss').comment(extension, '/approve-emergency');
      await untilMerged(stage, extension);
      await stage.until('the deadline has moved', () =>
        stage.can('octocat', 'payments', 's3:PutObject', new Date(Date.now() + 45_000)),
      );
      const [after] = stage.sets();
      expect(after?.arn).toBe(before?.arn);
      const inside = stage.aws.whatCan(
        '906712abcd-1b2c3d4e-5f60-4718-9abc-def012345678',
        '111122223333',
        's3:PutObject',
        new Date(),
        { session },
      );
      expect(inside.kind).toBe('allowed');
      // Nothing was ever denied or taken away in between.
      expect(stage.aws.history.filter((one) => /DeleteAccountAssignment|DeletePermissionSet/.test(one.what))).toEqual(
        [],
      );
      await untilSaid(stage, extension, 'Active until');
    }));
});
