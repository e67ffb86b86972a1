// A file whose access has ended leaves the branch, whatever other pull requests are in the way.
import { describe, expect, it } from 'vitest';
import { grantYaml, live, type Stage, untilSaid, withStage } from './stage.ts';

const gone = (stage: Stage, id: string, ms = 40_000) =>
  stage.until(`grants/${id}.yaml is taken out`, async () => !(await stage.files()).includes(`grants/${id}.yaml`), ms);

describe.concurrent('the file is taken out', () => {
  it('when an ended grant is pushed to the branch once more', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'again', '16s');
      await untilSaid(stage, pull, 'the proof is in commit');
      await stage.as('root-admin').push('main', { 'grants/again.yaml': grantYaml({ duration: '1h' }) });
      await gone(stage, 'again');
      expect(stage.sets()).toEqual([]);
    }));

  it('when somebody has opened a removal of it together with a grant that is not theirs', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const other = await stage.request('other', { duration: '1h', role: 'read-only', account: 'staging' });
      await untilSaid(stage, other, 'Active until');
      const pull = await live(stage, 'blocked', '24s');
      await stage.as('mallory').push('both', { 'grants/blocked.yaml': null, 'grants/other.yaml': null });
      const removal = await stage.as('mallory').openPull({ head: 'both', title: 'Both' });
      await untilSaid(stage, removal, 'is live');
      await untilSaid(stage, pull, 'AWS proved that the access is gone');
      await gone(stage, 'blocked');
    }));

  it('when the requester opened the removal as a draft', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      await live(stage, 'draft', '16s');
      await stage.as('octocat').push('draft-2', { 'grants/draft.yaml': null });
      const removal = await stage.as('octocat').openPull({ head: 'draft-2', title: 'Later', draft: true });
      await untilSaid(stage, removal, 'draft');
      await gone(stage, 'draft');
    }));

  it("when the app's removal is closed by hand and the webhook is lost", () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const stop = stage.github.faults.on(
        { method: 'PUT', path: /\/merge$/, times: 1000, when: (one) => /End access/.test(JSON.stringify(one.body)) },
        { kind: 'refuse', status: 405 },
      );
      await live(stage, 'closed', '16s');
      const removal = await stage.until('the removal is open', async () =>
        (await stage.pulls('open')).find((one) => one.title.startsWith('End access')),
      );
      stage.github.faults.onWebhook({ event: 'pull_request', action: 'closed' }, { kind: 'lose' });
      await stage.as('root-admin').closePull(removal.number);
      stop.remove();
      await gone(stage, 'closed');
    }));

  it('when the branch has changed under the removal so that it conflicts', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const stop = stage.github.faults.on(
        { method: 'PUT', path: /\/merge$/, times: 1000, when: (one) => /End access/.test(JSON.stringify(one.body)) },
        { kind: 'refuse', status: 405 },
      );
      await live(stage, 'conflict', '16s');
      await stage.until('the removal is open', async () =>
        (await stage.pulls('open')).find((one) => one.title.startsWith('End access')),
      );
      await stage.as('root-admin').push('main', { 'grants/conflict.yaml': grantYaml({ duration: '2h' }) });
      stop.remove();
      await gone(stage, 'conflict');
      await stage.until('no removal stays open', async () => (await stage.pulls('open')).length === 0, 30_000);
    }));

  it('once, and the second removal of the same file does not stay open for ever', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const stop = stage.github.faults.on(
        { method: 'PUT', path: /\/merge$/, times: 1000, when: (one) => /End access/.test(JSON.stringify(one.body)) },
        { kind: 'refuse', status: 405 },
      );
      await live(stage, 'pair', '16s');
      await stage.until('the removal is open', async () =>
        (await stage.pulls('open')).find((one) => one.title.startsWith('End access')),
      );
      await stage.as('octocat').push('pair-2', { 'grants/pair.yaml': null });
      const own = await stage.as('octocat').openPull({ head: 'pair-2', title: 'Done' });
      await untilSaid(stage, own, 'GitHub does not merge it');
      stop.remove();
      await gone(stage, 'pair');
      await stage.until('no removal stays open', async () => (await stage.pulls('open')).length === 0, 30_000);
    }));
});
