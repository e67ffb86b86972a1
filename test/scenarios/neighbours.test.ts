// Two installations in one AWS organisation, and webhooks that come when nobody waits for them any more.
import { describe, expect, it } from 'vitest';
import { live, type Stage, untilSaid, withStage } from './stage.ts';

const alarms = (stage: Stage) => stage.logged((line) => line.alarm !== undefined).map((line) => line.alarm);

describe.concurrent('two installations in one organisation', () => {
  it('do not see each other: the same id in both is two accesses, and one ends without the other', () =>
    withStage({}, (first) =>
      withStage({ beside: { aws: first.aws, repositoryId: 7_654_321 } }, async (second) => {
        await Promise.all([first.sandbox.startApp(), second.sandbox.startApp()]);
        const [, pull] = await Promise.all([live(first, 'same-id', '1h'), shortLived(second, 'same-id')]);
        expect(new Set(first.sets().map((set) => set.name)).size).toBe(2);
        await untilSaid(second, pull, 'the proof is in commit');
        expect(first.sets().map((set) => set.tags.get('breakglass:ledger'))).toEqual(['1296269']);
        expect(first.can('hubot', 'staging', 's3:GetObject')).toBe(false);
        expect(first.can('octocat', 'payments')).toBe(true);
        expect(await first.files()).toContain('grants/same-id.yaml');
        expect([...alarms(first), ...alarms(second)]).toEqual([]);
      }),
    ));
});

describe.concurrent('webhooks that come again when all is over, in the other order', () => {
  it('change nothing: not Git, not AWS, not a word', () =>
    withStage({}, async (stage) => {
      const app = await stage.sandbox.startApp();
      const pull = await shortLived(stage, 'long-ago');
      await untilSaid(stage, pull, 'the proof is in commit');
      await stage.until('the removal is closed', async () => (await stage.pulls('open')).length === 0);
      const before = await everything(stage);
      const late = [...stage.github.webhooks.deliveries].reverse();
      for (const { guid } of late) stage.github.webhooks.redeliver(guid);
      await stage.until('all were taken', () => late.every((one) => one.attempts.length > 1));
      // Started anew it knows nothing of what it has answered before.
      await app.stop();
      await stage.sandbox.startApp();
      for (const { guid } of late) stage.github.webhooks.redeliver(guid);
      await stage.until('all were taken', () => late.every((one) => one.attempts.length > 2));
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      expect(await everything(stage)).toEqual(before);
    }));
});

/** Approved by its rule alone. */
async function shortLived(stage: Stage, id: string): Promise<number> {
  const pull = await stage.request(id, { role: 'read-only', account: 'staging', duration: '16s' }, 'hubot');
  await untilSaid(stage, pull, 'Active until');
  return pull;
}

async function everything(stage: Stage) {
  const pulls = await stage.pulls();
  return {
    log: stage.log('--format=%H'),
    pulls: pulls.map(({ number, state }) => ({ number, state })),
    comments: await Promise.all(pulls.map(({ number }) => stage.comments(number))),
    changesInAws: stage.aws.history.length,
  };
}
