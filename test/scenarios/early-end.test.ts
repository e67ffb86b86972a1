// Ending before the deadline: at once, for good, and by whoever may.
import { describe, expect, it } from 'vitest';
import { USERS } from '../sandbox/organisation.ts';
import { grantYaml, live, type Stage, untilMerged, untilSaid, withStage } from './stage.ts';

const reader = { role: 'read-only', account: 'prod-web' };

/** Both owners besides its author say yes. */
async function changePolicy(stage: Stage, files: Readonly<Record<string, string>>): Promise<void> {
  stage.github.teams.add('incident-commanders', 'hubot');
  await stage.as('octo-lead').push('policy', files);
  const change = await stage.as('octo-lead').openPull({ head: 'policy', title: 'Smaller' });
  await untilSaid(stage, change, 'Waiting for approval: 2 of');
  await stage.as('hubot-boss').comment(change, '/approve-emergency');
  await stage.as('hubot').comment(change, '/approve-emergency');
  await untilMerged(stage, change);
}

/** Looks all the time until it is stopped; answers how often, and how often there was no access. */
function watchAccess(stage: Stage) {
  let looks = 0;
  let gaps = 0;
  const timer = setInterval(() => {
    looks += 1;
    if (!stage.can('octocat', 'payments')) gaps += 1;
  }, 10);
  return () => {
    clearInterval(timer);
    return { looks, gaps };
  };
}

describe.concurrent('an early end', () => {
  it('by /revoke cuts a live session before the stack is gone, and is not undone by the next pass', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'cut');
      const [set] = stage.sets();
      const session = stage.aws.signIn(USERS.octocat, '111122223333', set?.name ?? '');
      const inside = () =>
        stage.aws.whatCan(USERS.octocat, '111122223333', 's3:PutObject', new Date(), { session }).kind;
      expect(inside()).toBe('allowed');
      // Whatever the engine would delete hangs: the session must be cut without it.
      const held = stage.aws.plant({ on: 'DeleteAccountAssignment', mishap: { kind: 'delay', ms: 4_000 } });
      const comment = await stage.as('octocat').comment(pull, '/revoke');
      await stage.until('the session is denied', () => inside() === 'denied');
      expect(stage.sets()).toHaveLength(1);
      await stage.as('octocat').deleteComment(comment);
      held.remove();
      await untilSaid(stage, pull, 'the proof is in commit');
      expect(await stage.said(pull)).toContain('revoked by octocat (583231)');
      expect(stage.sets()).toEqual([]);
      expect(await stage.files()).toEqual(['grants/README.md']);
    }));

  it('by a removal that the requester opens', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'gone');
      await stage.as('octocat').push('remove-gone', { 'grants/gone.yaml': null });
      const removal = await stage.as('octocat').openPull({ head: 'remove-gone', title: 'Done early' });
      await stage.until('it is merged', async () => (await stage.pull(removal)).merged);
      await untilSaid(stage, pull, 'the proof is in commit');
      expect(stage.sets()).toEqual([]);
      expect(stage.log('-1', '--format=%(trailers:key=Proof,valueonly)')).toMatch(/^proven /);
      expect((await stage.pulls()).filter((one) => one.user.login === 'breakglass[bot]')).toEqual([]);
    }));

  it('is refused to somebody who may not', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'stays');
      await stage.as('mallory').push('remove-stays', { 'grants/stays.yaml': null });
      const removal = await stage.as('mallory').openPull({ head: 'remove-stays', title: 'Mine now' });
      await untilSaid(stage, removal, 'It may be ended by its requester, an approver of its rule or a revoker');
      await stage.as('mallory').comment(pull, '/revoke');
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(stage.can('octocat', 'payments')).toBe(true);
      expect((await stage.check(removal))?.conclusion).toBe('failure');
    }));
});

describe.concurrent('an early end does not wait for GitHub', () => {
  it('that answers to no comment: what AWS has just given is denied within seconds', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('mute');
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilMerged(stage, pull);
      const hanging = stage.github.faults.on(
        { path: /\/comments(\/\d+)?$/, times: 1000 },
        { kind: 'delay', milliseconds: 20_000 },
      );
      const isActive = () => stage.logged((line) => line.msg === 'active' && line.grant === 'mute').length > 0;
      await stage.until('it is active', isActive, 40_000);
      expect(stage.can('octocat', 'payments')).toBe(true);
      await stage.as('root-admin').push('main', { 'grants/mute.yaml': null });
      await stage.until('it is denied', () => !stage.can('octocat', 'payments'), 12_000);
      await stage.until('AWS holds nothing', () => stage.sets().length === 0, 30_000);
      expect(hanging.hits()).toBeGreaterThan(0);
      hanging.remove();
      await untilSaid(stage, pull, 'AWS proved that the access is gone', 60_000);
    }));
});

describe.concurrent('a policy that lacks', () => {
  it('the account, the role or the rule ends what stands on it, also what is being granted at that moment', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const byRule = await live(stage, 'by-rule');
      const byAccount = await stage.request('by-account', reader, 'hubot');
      await untilSaid(stage, byAccount, 'Active until');
      const byRole = await stage.request('by-role', { ...reader, account: 'staging' }, 'hubot');
      await untilSaid(stage, byRole, 'Active until');
      stage.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-slow', ms: 15_000 } });
      const made = stage.aws.log.filter((one) => one.operation === 'CreateAccountAssignment').length;
      const midway = await stage.request('midway', { ...reader, account: 'sandbox' });
      await stage.until(
        'AWS makes the assignment',
        () => stage.aws.log.filter((one) => one.operation === 'CreateAccountAssignment').length > made,
      );

      const without = (path: string, pattern: RegExp) => {
        const text = stage.file(path);
        expect(text).toMatch(pattern);
        return text.replace(pattern, '');
      };
      await changePolicy(stage, {
        'policies/accounts.yaml': without('policies/accounts.yaml', /^prod-web: .*\n/m),
        'policies/roles.yaml': without('policies/roles.yaml', /^read-only:\n( .*\n)+/m),
        'policies/rules.yaml': without('policies/rules.yaml', / {2}- name: production-read\n( {4}.*\n)*/).replace(
          'name: production-admin',
          'name: production-administration',
        ),
      });
      await stage.until(
        'nobody has access',
        () => !stage.can('octocat', 'payments') && !stage.can('hubot', 'web', 's3:GetObject'),
      );
      for (const [pull, what] of [
        [byRule, 'rule production-admin'],
        [byAccount, 'account prod-web'],
        [byRole, 'role read-only'],
        [midway, 'role read-only'],
      ] as const)
        expect(await untilSaid(stage, pull, 'the proof is in commit', 90_000)).toContain(
          `${what} is no longer in policy`,
        );
      expect(stage.logged((line) => line.msg === 'active' && line.grant === 'midway')).toEqual([]);
      expect(stage.sets()).toEqual([]);
    }));
});

describe.concurrent('nothing undoes an end', () => {
  it('not a removal that is closed and opened again, nor an extension of what has ended or expired', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'closed');
      // The removal itself cannot be recorded yet.
      const held = stage.github.faults.on(
        { method: 'POST', path: /\/git\/(commits|trees|refs)$/, times: 1000 },
        { kind: 'refuse', status: 503 },
      );
      stage.aws.plant({ on: 'DeleteAccountAssignment', mishap: { kind: 'delay', ms: 3_000 } });
      await stage.as('octocat').push('remove-closed', { 'grants/closed.yaml': null });
      const removal = await stage.as('octocat').openPull({ head: 'remove-closed', title: 'Done' });
      await stage.until('it is denied', () => !stage.can('octocat', 'payments'));
      await stage.as('octocat').closePull(removal);
      await untilSaid(stage, pull, 'AWS proved that the access is gone');
      const longer = grantYaml({ duration: '1h30m' });
      await stage.as('octocat').push('longer', { 'grants/closed.yaml': longer }, { base: 'main' });
      const extension = await stage.as('octocat').openPull({ head: 'longer', title: 'Longer' });
      await untilSaid(stage, extension, 'cannot be extended: revoked by octocat');
      await stage.as('hubot-boss').comment(extension, '/approve-emergency');
      await stage.until('the check is red', async () => (await stage.check(extension))?.conclusion === 'failure');
      held.remove();
      await untilSaid(stage, pull, 'the proof is in commit', 60_000);
      expect((await stage.pull(extension)).merged).toBe(false);
      expect(stage.setsMade()).toBe(1);
      expect(stage.can('octocat', 'payments')).toBe(false);
    }));
});

describe.concurrent('an extension', () => {
  it('of a live grant leaves no gap, and is refused once the grant has expired', () =>
    withStage({ awsLatency: 300 }, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('longer', { duration: '35s' });
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      const deadline = () => Date.parse(stage.sets()[0]?.tags.get('breakglass:expires-at') ?? '');
      const first = deadline();
      const stopWatching = watchAccess(stage);
      const extend = async (duration: string) => {
        await stage
          .as('octocat')
          .push(`to-${duration}`, { 'grants/longer.yaml': grantYaml({ duration }) }, { base: 'main' });
        return await stage.as('octocat').openPull({ head: `to-${duration}`, title: 'Longer' });
      };
      const extension = await extend('42s');
      await untilSaid(stage, extension, 'Waiting for approval');
      await stage.as('hubot-boss').comment(extension, '/approve-emergency');
      await untilMerged(stage, extension);
      await stage.until(
        'the role has the later deadline',
        () => deadline() > first && stage.can('octocat', 'payments', 's3:PutObject', new Date(deadline() - 1_000)),
      );
      const { looks, gaps } = stopWatching();
      const last = deadline();
      expect(looks).toBeGreaterThan(50);
      expect(gaps).toBe(0);
      const held = stage.github.faults.on(
        { method: 'POST', path: /\/git\/(commits|trees|refs)$/, times: 1000 },
        { kind: 'refuse', status: 503 },
      );
      await stage.until('it has expired', () => Date.now() > last);
      expect(stage.can('octocat', 'payments')).toBe(false);
      const late = await extend('1h');
      await untilSaid(stage, late, 'cannot be extended: deadline');
      held.remove();
      await untilSaid(stage, pull, 'the proof is in commit', 60_000);
      expect(stage.setsMade()).toBe(1);
    }));
});
