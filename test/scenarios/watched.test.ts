// Somebody watches the app: alarms that open and close, one issue that tells of them, and numbers for Prometheus.
import { describe, expect, it } from 'vitest';
import { permissionSetName } from '../../app/core/grant/permission-set.ts';
import { spawned } from '../cli/captured.ts';
import { REPOSITORY_ID } from '../sandbox/organisation.ts';
import { value } from '../server/scraped.ts';
import { type Stage, untilMerged, untilSaid, withStage } from './stage.ts';

type IssueSeen = { readonly number: number; readonly state: string; readonly title: string; readonly body: string };

/** Issues that are no pull requests. */
async function issues(stage: Stage): Promise<readonly IssueSeen[]> {
  const { body } = await stage.as('octocat').request('GET', '/repos/acme/access/issues?state=all&per_page=100');
  return (body as readonly (IssueSeen & { readonly pull_request?: object })[]).filter(
    (one) => one.pull_request === undefined,
  );
}

async function issue(stage: Stage, number: number): Promise<IssueSeen> {
  return (await issues(stage)).find((one) => one.number === number) ?? expect.fail();
}

async function scrape(url: string): Promise<string> {
  const answer = await fetch(`${url}/metrics`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
  return await answer.text();
}

async function status(stage: Stage, ...args: string[]) {
  const ran = await spawned(['status', ...args, '--json'], {
    env: stage.sandbox.environment(),
    cwd: stage.sandbox.dir,
  });
  return { code: ran.code, shown: JSON.parse(ran.out) };
}

describe.concurrent('alarms', () => {
  it('open one issue, change it, close it when they have passed, open it again; a restart says nothing twice', () =>
    withStage({ passSeconds: 1 }, async (stage) => {
      const app = await stage.sandbox.startApp();
      const forged = await stage.as('octocat').openIssue('x', '<!-- breakglass:alarms -->\nnot of the app');
      const good = stage.file('policies/rules.yaml');
      await stage.as('root-admin').push('main', { 'policies/rules.yaml': `${good}# nobody approved this\n` });
      const { number } = await stage.until('an issue', async () =>
        (await issues(stage)).find((one) => one.number !== forged),
      );
      const opened = await issue(stage, number);
      expect(opened).toMatchObject({ state: 'open', title: 'breakglass needs a person' });
      expect(opened.body).toMatch(/^\| `policy-unauthorized` \| 20[\d: -]+ UTC \| Commit [0-9a-f]{40} changes/m);

      const name = permissionSetName('admin', REPOSITORY_ID, 'blocked');
      stage.aws.administrator.createSet(name);
      const pull = await stage.request('blocked');
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilMerged(stage, pull);
      await stage.until('it tells of both', async () =>
        /`policy-unauthorized`.*\n.*`foreign-permission-set`/.test((await issue(stage, number)).body),
      );
      const comments = (await stage.comments(number)).map((one) => one.body);
      expect(comments).toHaveLength(1);
      expect(comments[0]).toMatch(/^\*\*A new alarm:\*\*[\s\S]*`foreign-permission-set`/);
      expect(comments[0]).not.toContain('policy-unauthorized');

      expect(await (await fetch(app.url)).text()).toContain('<b>foreign-permission-set</b>');
      const { code, shown } = await status(stage);
      expect(code).toBe(1);
      expect(shown.app.alarms).toMatchObject([{ code: 'policy-unauthorized' }, { code: 'foreign-permission-set' }]);
      expect(shown.app.failing).toMatchObject([{ grant: 'blocked', what: 'granting' }]);
      expect(value(await scrape(app.url), 'breakglass_grants_failing{what="granting"}')).toBe(1);

      stage.aws.administrator.deleteSet(name);
      await untilSaid(stage, pull, 'Active until');
      await stage.until('it tells of one', async () =>
        /`policy-unauthorized`(?![\s\S]*`foreign)/.test((await issue(stage, number)).body),
      );

      const errors = () => stage.logged((line) => line.alarm === 'policy-unauthorized').length;
      expect(errors()).toBe(1);
      await app.stop();
      const second = await stage.sandbox.startApp();
      const stopped = Date.now();
      await stage.until('it has made a pass', async () => {
        const at = value(await scrape(second.url), 'breakglass_last_successful_pass_timestamp_seconds');
        return at !== undefined && at * 1000 > stopped;
      });
      expect(value(await scrape(second.url), 'breakglass_alarms_open{code="policy-unauthorized"}')).toBe(1);
      expect(errors()).toBe(1);

      await stage.as('root-admin').push('main', { 'policies/rules.yaml': good });
      await stage.until('it is closed', async () => (await issue(stage, number)).state === 'closed');
      expect((await issue(stage, number)).body).toContain('No alarm of breakglass is open');
      expect(stage.logged((line) => line.alarmClosed === 'policy-unauthorized')).toHaveLength(1);

      await stage.as('root-admin').push('main', { 'policies/rules.yaml': `${good}# nor this\n` });
      await stage.until('it is open again', async () => (await issue(stage, number)).state === 'open');
      expect(await issues(stage)).toHaveLength(2);
      expect((await stage.comments(number)).length).toBe(1);
    }));
});

describe.concurrent('a life', () => {
  it('is counted once in each histogram, the gauges follow it, and status holds both proofs', () =>
    withStage({ passSeconds: 1 }, async (stage) => {
      const app = await stage.sandbox.startApp();
      const counts = (text: string) => [
        value(text, 'breakglass_approval_to_merge_seconds_count{change="grant"}') ?? 0,
        value(text, 'breakglass_merge_to_granted_seconds_count') ?? 0,
        value(text, 'breakglass_end_to_removed_seconds_count{end="deadline"}') ?? 0,
      ];
      expect(counts(await scrape(app.url))).toEqual([0, 0, 0]);
      const pull = await stage.request('counted', { duration: '16s' });
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      const live = await scrape(app.url);
      expect(counts(live)).toEqual([1, 1, 0]);
      expect(value(live, 'breakglass_grants_live')).toBe(1);
      expect(value(live, 'breakglass_engine_ready')).toBe(1);

      await untilSaid(stage, pull, 'the proof is in commit');
      const after = await scrape(app.url);
      expect(counts(after)).toEqual([1, 1, 1]);
      expect(value(after, 'breakglass_end_to_removed_seconds_sum{end="deadline"}')).toBeLessThan(30);
      expect(value(after, 'breakglass_grants_live')).toBe(0);
      expect(value(after, 'breakglass_removals_unproven')).toBe(0);
      for (const clock of ['aws', 'github'])
        expect(Math.abs(value(after, `breakglass_clock_difference_seconds{to="${clock}"}`) ?? 99)).toBeLessThan(2);
      expect(after).not.toMatch(/octocat|counted"|Primary database/);

      const [grant] = (await status(stage, 'counted')).shown.grants;
      expect(grant.proofs).toMatchObject({
        granted: { kind: 'proven', requests: expect.arrayContaining([expect.any(String)]) },
        removed: { kind: 'proven', proof: expect.stringMatching(/^proven \S+ \S+ requests /), recorded: true },
      });
    }));
});
