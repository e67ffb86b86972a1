// What people are told, and how often GitHub is asked: after lost answers, with strangers talking, with two processes.
import { describe, expect, it } from 'vitest';
import { type Stage, untilMerged, untilSaid, withStage } from './stage.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const by = (stage: Stage, pick: (one: { method: string; path: string }) => boolean) =>
  stage.github.requests.filter((one) => pick({ method: one.method, path: one.path })).length;

describe.concurrent('the comment', () => {
  it('says "active" also when GitHub was away at that moment', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('away');
      await untilSaid(stage, pull, 'Waiting for approval');
      const unhook = stage.aws.onRequest((event) => {
        if (event.phase === 'before' && event.operation === 'CreateAccountAssignment') stage.github.faults.down();
      });
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await stage.until('AWS gives access', () => stage.can('octocat', 'payments'));
      await stage.until('it is logged', () => stage.logged((line) => line.msg === 'active').length > 0);
      await stage.until(
        'the comment failed',
        () => stage.logged((line) => line.msg === 'the comment waits for GitHub' && line.state === 'active').length > 0,
        40_000,
      );
      unhook();
      stage.github.faults.up();
      await untilSaid(stage, pull, 'Active until', 30_000);
    }));

  it('says that the grant is merged and AWS cannot be reached', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('dark-aws');
      await untilSaid(stage, pull, 'Waiting for approval');
      stage.aws.down();
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilMerged(stage, pull);
      await untilSaid(stage, pull, 'AWS does not have it yet', 30_000).finally(() => stage.aws.up());
      await untilSaid(stage, pull, 'Active until', 60_000);
    }));

  it('/revoke on an open request is answered', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('early-revoke');
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('octocat').comment(pull, '/revoke');
      await stage.until(
        'it is closed or answered',
        async () => (await stage.pull(pull)).state === 'closed' || /revoke/.test(await stage.said(pull)),
        20_000,
      );
    }));
});

describe.concurrent('GitHub is not flooded', () => {
  it('by reactions: one for each comment, not one in each pass', () =>
    withStage({ passSeconds: 1 }, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('noise');
      await untilSaid(stage, pull, 'Waiting for approval');
      for (let i = 0; i < 5; i++) await stage.as('mallory').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'You are not among those who may approve');
      await pause(6_000);
      expect(by(stage, (one) => one.method === 'POST' && /\/reactions$/.test(one.path))).toBeLessThanOrEqual(10);
    }));

  it('while a merge keeps failing', () =>
    withStage({ passSeconds: 30 }, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('stubborn');
      await untilSaid(stage, pull, 'Waiting for approval');
      stage.github.faults.on({ method: 'PUT', path: /\/merge$/, times: 1000 }, { kind: 'refuse', status: 502 });
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await pause(15_000);
      expect(by(stage, (one) => one.method === 'PUT' && /\/merge$/.test(one.path))).toBeLessThanOrEqual(7);
    }));

  it('while a membership stays unknown', () =>
    withStage({ passSeconds: 60 }, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('unknown-team');
      await untilSaid(stage, pull, 'Waiting for approval');
      stage.github.faults.on(
        { path: /\/teams\/incident-commanders\/memberships/, times: 1000 },
        { kind: 'refuse', status: 403 },
      );
      await stage.as('mallory').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'GitHub does not say');
      await pause(15_000);
      const before = stage.github.requests.length;
      await pause(20_000);
      // A minute's budget at 5,000 an hour is 83, for everything that is open.
      expect(stage.github.requests.length - before).toBeLessThan(30);
    }));

  it('by two processes that hold different views of the same removal', () =>
    withStage({ passSeconds: 60 }, async (stage) => {
      await stage.sandbox.startApp();
      await stage.sandbox.startApp();
      stage.github.faults.on(
        { method: 'PUT', path: /\/merge$/, times: 1000, when: (one) => /End access/.test(JSON.stringify(one.body)) },
        { kind: 'refuse', status: 405 },
      );
      const pull = await stage.request('fight', { duration: '16s' });
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      const removal = await stage.until('the removal is open', async () =>
        (await stage.pulls('open')).find((one) => one.title.startsWith('End access')),
      );
      await pause(4_000);
      const edits = () =>
        by(stage, (one) => one.method === 'PATCH' && /\/(issues\/comments|check-runs)\//.test(one.path));
      const before = edits();
      await pause(10_000);
      expect(removal.number).toBeGreaterThan(0);
      expect(edits() - before).toBeLessThan(6);
    }));
});
