// The merge itself: GitHub says no, says nothing, or says it late; what was approved is what is merged.
import { describe, expect, it } from 'vitest';
import { until } from '../sandbox/index.ts';
import { grantYaml, untilMerged, untilSaid, withStage } from './stage.ts';

const MERGE = { method: 'PUT', path: /\/pulls\/\d+\/merge$/ };

describe.concurrent('the merge', () => {
  it('is tried again while the base branch is being modified', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('moving-base');
      await untilSaid(stage, pull, 'Waiting for approval');
      stage.github.faults.baseModified(2);
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilMerged(stage, pull);
      const tries = () =>
        stage.github.requests
          .filter((one) => one.method === 'PUT' && MERGE.path.test(one.path))
          .map((one) => one.status);
      // A pull request is merged a moment before the answer that says so is on its way.
      await until('the last try is answered', () => tries().length > 2);
      expect(tries()).toEqual([405, 405, 200]);
    }));

  it('that GitHub answers with an error after it took place is found, and not repeated', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('lost-answer', { role: 'read-only', account: 'staging' }, 'hubot');
      stage.github.faults.on(MERGE, { kind: 'done-then-refuse', status: 502 });
      await untilSaid(stage, pull, 'Active until');
      expect(stage.log('--format=%s', '--', 'grants/').match(/Grant read-only/g)).toHaveLength(1);
      expect(stage.setsMade()).toBe(1);
    }));

  it('does not happen when the head moves between the green check and the merge: the approval is void', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('swapped');
      await untilSaid(stage, pull, 'Waiting for approval');
      let pushed: Promise<string> | undefined;
      stage.github.faults.onRequest(async ({ phase, request }) => {
        if (phase !== 'before' || request.method !== 'PUT' || !MERGE.path.test(request.path) || pushed) return;
        pushed = stage.as('octocat').push('swapped', { 'grants/swapped.yaml': grantYaml({ duration: '2h' }) });
        await pushed;
      });
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'There were pushes, so say which commit you approve');
      expect((await stage.pull(pull)).merged).toBe(false);
      expect(stage.setsMade()).toBe(0);
    }));

  it('does not happen when the approval is deleted between the green check and the merge', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('taken-back');
      await untilSaid(stage, pull, 'Waiting for approval');
      let approval = 0;
      let deleted: Promise<unknown> | undefined;
      stage.github.faults.onRequest(async ({ phase, request }) => {
        const green = JSON.stringify(request.body ?? {}).includes('"conclusion":"success"');
        if (phase !== 'after' || request.caller !== 'app' || !green || deleted) return;
        deleted = stage.as('hubot-boss').deleteComment(approval);
        await deleted;
      });
      approval = await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await stage.until('it was taken back', () => deleted !== undefined);
      await deleted;
      await stage.until(
        'the check is no longer green',
        async () => (await stage.check(pull))?.conclusion === 'action_required',
      );
      expect((await stage.pull(pull)).merged).toBe(false);
    }));

  it('that somebody made by hand a moment before is not taken for its own: no thanks, no access', () =>
    withStage({}, async (stage) => {
      const app = await stage.sandbox.startApp();
      const pull = await stage.request('quicker');
      await untilSaid(stage, pull, 'Waiting for approval');
      let merged: Promise<unknown> | undefined;
      stage.github.faults.onRequest(async ({ phase, request }) => {
        if (phase !== 'before' || request.caller !== 'app' || request.method !== 'PUT' || merged) return;
        merged = stage.as('root-admin').mergeByHand(pull);
        await merged;
      });
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await until('an alarm', () => stage.logged((line) => line.alarm === 'grant-unauthorized').length > 0);
      await until('it is taken out again', async () => !(await stage.files()).includes('grants/quicker.yaml'));
      expect(stage.setsMade()).toBe(0);
      const metrics = await (await fetch(`${app.url}/metrics`)).text();
      expect(metrics).not.toMatch(/^breakglass_approval_to_merge_seconds_count.* [1-9]/m);
    }));
});
