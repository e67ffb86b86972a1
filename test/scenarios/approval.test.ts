// Who may approve, what they approve, and what a push does to it.
import { describe, expect, it } from 'vitest';
import { grantYaml, untilMerged, untilSaid, withStage } from './stage.ts';

describe.concurrent('approval', () => {
  it('by the requester, or by somebody outside the rule, is refused and answered', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('mine');
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('octocat').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Nobody approves a request of their own');
      await stage.as('mallory').comment(pull, '/approve-emergency');
      const said = await untilSaid(stage, pull, 'You are not among those who may approve');
      expect(said).toContain('`mallory`');
      expect((await stage.pull(pull)).merged).toBe(false);
      expect((await stage.check(pull))?.conclusion).toBe('action_required');
    }));

  it('is voided by a push: the bare command no longer counts, the full commit id does', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('moving', { role: 'database-failover' });
      await untilSaid(stage, pull, 'Waiting for approval: 2 of');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Waiting for approval: 1 of');
      const file = grantYaml({ role: 'database-failover', duration: '2h' });
      const head = await stage.as('octocat').push('moving', { 'grants/moving.yaml': file });
      await untilSaid(stage, pull, `/approve-emergency ${head}`);
      await stage.as('octo-lead').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'There were pushes, so say which commit you approve');
      expect((await stage.pull(pull)).merged).toBe(false);
      for (const login of ['hubot-boss', 'octo-lead'] as const)
        await stage.as(login).comment(pull, `/approve-emergency ${head}`);
      await untilMerged(stage, pull);
      expect(stage.log('-1', '--format=%(trailers:key=Approved-Head,valueonly)').trim()).toBe(head);
    }));

  it('an edited approval does not count, a push by somebody else makes the request unapprovable', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('shared', { role: 'database-failover' });
      await untilSaid(stage, pull, 'Waiting for approval: 2 of');
      const comment = await stage.as('hubot-boss').comment(pull, 'Looks fine');
      // Mostly within the second, where REST shows nothing of it.
      await stage.as('mallory').editComment(comment, '/approve-emergency');
      await untilSaid(stage, pull, 'An edited comment does not count');
      await stage
        .as('mallory')
        .push('shared', { 'grants/shared.yaml': grantYaml({ role: 'database-failover', duration: '2h' }) });
      await untilSaid(stage, pull, 'mallory pushed to this branch');
      expect((await stage.check(pull))?.conclusion).toBe('failure');
      expect(await stage.said(pull)).toContain('Open the same request again');
    }));

  it('does not count as long as GitHub does not say whether it was edited, and then counts by itself', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('untold');
      await untilSaid(stage, pull, 'Waiting for approval');
      const fault = stage.github.faults.on({ path: /^\/graphql$/, times: 1000 }, { kind: 'refuse', status: 500 });
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'GitHub does not say whether this comment was edited');
      expect((await stage.check(pull))?.conclusion).toBe('action_required');
      fault.remove();
      await untilMerged(stage, pull);
    }));

  it('in the words of a review names the commit after a push, unless somebody else wrote them', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('reviewed');
      await untilSaid(stage, pull, 'Waiting for approval');
      const head = await stage
        .as('octocat')
        .push('reviewed', { 'grants/reviewed.yaml': grantYaml({ duration: '90m' }) });
      const review = await stage.as('hubot-boss').review(pull, { event: 'APPROVE' });
      await stage.as('mallory').editReview(review, `/approve-emergency ${head}`);
      await untilSaid(stage, pull, 'An edited comment does not count');
      const body = `Looks right.\n\n/approve-emergency ${head}`;
      await stage.as('hubot-boss').review(pull, { event: 'APPROVE', body });
      await untilMerged(stage, pull);
      expect(stage.log('-1', '--format=%(trailers:key=Approved-Head,valueonly)').trim()).toBe(head);
    }));

  it('a denied request says why, which rule came closest, and what to change', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('too-much', { duration: '9h', role: 'admin' });
      const said = await untilSaid(stage, pull, 'Denied');
      expect(said).toContain('Rule "production-admin" allows at most 2h; this asks for 9h');
      expect((await stage.check(pull))?.conclusion).toBe('failure');
      const other = await stage.request('no-rule', { account: 'staging' });
      expect(await untilSaid(stage, other, 'octocat have admin on staging')).toContain('The closest rule is');
      await stage.as('octocat').push('too-much', { 'grants/too-much.yaml': grantYaml() });
      await untilSaid(stage, pull, 'Waiting for approval');
    }));

  it('/reject by an approver closes the request', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('nope');
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/reject');
      await stage.until('it is closed', async () => (await stage.pull(pull)).state === 'closed');
      expect(await stage.said(pull)).toContain('hubot-boss rejected this request');
    }));
});
