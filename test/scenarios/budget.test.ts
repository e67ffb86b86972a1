// What open pull requests and live grants cost in requests to GitHub, of which an hour has 5,000 for everything.
import { describe, expect, it } from 'vitest';
import { RULES } from '../sandbox/organisation.ts';
import { type Stage, untilMerged, untilSaid, withStage } from './stage.ts';

const PASS_SECONDS = 2;
const lists = (stage: Stage) =>
  stage.github.requests.filter(({ method, path }) => method === 'GET' && /\/pulls$/.test(path)).length;

/** What was asked of GitHub's API in so many passes, without git's own requests. */
async function askedIn(stage: Stage, passes: number): Promise<readonly { readonly path: string }[]> {
  const first = lists(stage);
  await stage.until('the next pass', () => lists(stage) > first);
  const { length } = stage.github.requests;
  await stage.until(`${passes} passes`, () => lists(stage) > first + passes, 120_000);
  return stage.github.requests.slice(length).filter(({ path }) => !path.includes('.git/'));
}

/** Every judgement has seen what the one before it wrote. */
async function untilQuiet(stage: Stage): Promise<void> {
  await stage.until('it is quiet', async () => (await askedIn(stage, 1)).length <= 12, 120_000);
}

async function backlog(stage: Stage, count: number): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (let i = 0; i < count; i += 1) {
    await stage.as('mallory').push(`bump-${i}`, { [`docs/bump-${i}.md`]: 'x\n' });
    numbers.push(await stage.as('mallory').openPull({ head: `bump-${i}`, title: `Bump ${i}` }));
  }
  return numbers;
}

describe.concurrent('a backlog of open pull requests', () => {
  it('costs a few requests in a pass, and what happens on one is found though its webhook is lost', () =>
    withStage({ passSeconds: PASS_SECONDS }, async (stage) => {
      await stage.sandbox.startApp();
      const numbers = await backlog(stage, 9);
      for (const number of numbers) await untilSaid(stage, number, 'Waiting for approval');
      const pull = await stage.request('seen-all-the-same', { role: 'read-only' });
      await untilMerged(stage, pull);
      await untilSaid(stage, pull, 'Active until');
      await untilQuiet(stage);
      // To judge each of them takes seven requests; at most three of them are judged where nothing changed.
      const asked = (await askedIn(stage, 6)).length;
      expect(asked / 6).toBeLessThan(35);
      expect(asked).toBeGreaterThan(6);

      stage.github.faults.onWebhook({ event: 'issue_comment', times: 1000 }, { kind: 'lose' });
      const [first = 0] = numbers;
      await stage.as('mallory').comment(first, '/approve-emergency');
      await untilSaid(stage, first, 'Nobody approves a request of their own', 3 * PASS_SECONDS * 1000 + 20_000);
      await stage.as('octocat').comment(pull, '/revoke');
      await untilSaid(stage, pull, 'revoked by octocat', 3 * PASS_SECONDS * 1000 + 20_000);
    }));

  it('that lapses is closed then, without a pass or an event', () =>
    withStage(
      { passSeconds: 600, seed: { 'policies/rules.yaml': RULES.replace('request_ttl: 3h', 'request_ttl: 20s') } },
      async (stage) => {
        await stage.sandbox.startApp();
        const pull = await stage.request('too-late');
        await untilSaid(stage, pull, 'Waiting for approval');
        await stage.until('it is closed', async () => (await stage.pull(pull)).state === 'closed');
        expect(await stage.said(pull)).toContain('This request lapsed 20s after it was opened');
      },
    ));

  it('is judged again at once when somebody joins a team', () =>
    withStage({ passSeconds: 600 }, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('joined');
      await untilSaid(stage, pull, 'Waiting for approval');
      const before = stage.github.requests.length;
      stage.github.teams.add('incident-commanders', 'mallory');
      const reads = () =>
        stage.github.requests.slice(before).filter(({ path }) => path.endsWith(`/issues/${pull}/comments`)).length;
      await stage.until('it is judged again', () => reads() > 0);
    }));
});
