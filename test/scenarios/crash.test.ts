// Processes die, stand still or come twice; access follows what was signed all the same.
import { describe, expect, it } from 'vitest';
import { untilMerged, untilSaid, withStage } from './stage.ts';

describe.concurrent('when the app', () => {
  it('is killed between merge and grant, it grants once after the restart', () =>
    withStage({ secrets: 'passphrase' }, async (stage) => {
      const app = await stage.sandbox.startApp();
      const pull = await stage.request('killed');
      await untilSaid(stage, pull, 'Waiting for approval');
      let killed: Promise<void> | undefined;
      stage.github.faults.onRequest(({ phase, request }) => {
        if (phase === 'after' && request.method === 'PUT' && /\/merge$/.test(request.path)) killed ??= app.kill();
      });
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilMerged(stage, pull);
      await app.exited;
      await killed;
      expect(stage.setsMade()).toBe(0);
      await stage.sandbox.startApp();
      await untilSaid(stage, pull, 'Active until');
      expect(stage.setsMade()).toBe(1);
      expect(stage.can('octocat', 'payments')).toBe(true);
    }));

  it('is killed while AWS makes the permission set, the half-made access is found and replaced', () =>
    withStage({ secrets: 'passphrase' }, async (stage) => {
      const app = await stage.sandbox.startApp();
      const pull = await stage.request('half');
      await untilSaid(stage, pull, 'Waiting for approval');
      let killed: Promise<void> | undefined;
      const unhook = stage.aws.onRequest((event) => {
        if (event.phase === 'after' && event.operation === 'CreatePermissionSet') killed ??= app.kill();
      });
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await app.exited;
      await killed;
      unhook();
      await stage.sandbox.startApp();
      await untilSaid(stage, pull, 'Active until', 60_000);
      expect(stage.sets()).toHaveLength(1);
      expect(stage.can('octocat', 'payments')).toBe(true);
    }));

  it('is down over the deadline, AWS denies by itself; after the restart it is removed and recorded', () =>
    withStage({ secrets: 'passphrase' }, async (stage) => {
      const app = await stage.sandbox.startApp();
      const pull = await stage.request('alone', { duration: '20s' });
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      expect(stage.can('octocat', 'payments')).toBe(true);
      expect(await app.stop()).toBe(0);
      await stage.until('AWS denies', () => !stage.can('octocat', 'payments'));
      expect(stage.sets()).toHaveLength(1);
      await stage.sandbox.startApp();
      await untilSaid(stage, pull, 'the proof is in commit');
      expect(stage.sets()).toEqual([]);
    }));

  it('runs twice and both get every webhook: one merge, one comment, one access', () =>
    withStage({ secrets: 'passphrase' }, async (stage) => {
      await Promise.all([stage.sandbox.startApp(), stage.sandbox.startApp()]);
      const pull = await stage.request('twice', { duration: '24s' });
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      expect(stage.setsMade()).toBe(1);
      await untilSaid(stage, pull, 'the proof is in commit');
      const own = (await stage.comments(pull)).filter((one) => one.user.login === 'breakglass[bot]');
      expect(own).toHaveLength(1);
      expect(stage.log('--format=%s', '--', 'grants/').trim().split('\n')).toHaveLength(3);
      expect(stage.setsMade()).toBe(1);
    }));

  it('gets no webhook at all, the pass finds everything', () =>
    withStage({ secrets: 'passphrase' }, async (stage) => {
      await stage.sandbox.startApp();
      stage.github.faults.onWebhook({}, { kind: 'lose' });
      const pull = await stage.request('silent', { duration: '24s' });
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      await untilSaid(stage, pull, 'the proof is in commit');
    }));
});
