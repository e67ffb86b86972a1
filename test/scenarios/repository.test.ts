// What the repository around the app should enforce: looked at, said when it does not, and never relied upon.
import { expect, it } from 'vitest';
import { asOtherApp } from '../attacks/other-app.ts';
import { RULES, seedFiles } from '../sandbox/organisation.ts';
import { type Stage, untilMerged, untilSaid, withStage } from './stage.ts';

const alarmed = (stage: Stage, code: string) =>
  stage.until(`the alarm ${code}`, () => stage.logged((line) => line.alarm === code)[0]);

it.concurrent('a branch without rulesets raises an alarm that says what lacks; another app’s check of our name raises one too', () =>
  withStage({}, async (stage) => {
    stage.github.rulesets.clear();
    await stage.sandbox.startApp();
    const { msg } = await alarmed(stage, 'branch-unprotected');
    for (const type of ['deletion', 'non_fast_forward', 'pull_request', 'required_status_checks'])
      expect(msg).toContain(`no rule "${type}"`);
    const pull = await stage.request('watched');
    await untilSaid(stage, pull, 'Waiting for approval');
    const { head } = await stage.pull(pull);
    const green = { name: 'breakglass', status: 'completed', conclusion: 'success', head_sha: head.sha };
    await asOtherApp(stage.github, 'POST', '/check-runs', green);
    expect(await alarmed(stage, 'foreign-check')).toMatchObject({
      head: head.sha,
      app: stage.github.otherApp.slug,
      appId: stage.github.otherApp.id,
    });
    expect((await stage.pull(pull)).merged).toBe(false);
    await stage.as('hubot-boss').comment(pull, '/approve-emergency');
    await untilMerged(stage, pull);
    expect(stage.logged((line) => line.alarm === 'foreign-check')).toHaveLength(1);
    expect(stage.logged((line) => line.alarm === 'branch-unprotected')).toHaveLength(1);
  }));

it.concurrent('with the rulesets of the README nothing is said', () =>
  withStage({ adminsBypass: false }, async (stage) => {
    await stage.sandbox.startApp();
    await stage.until('the branch is looked at', () =>
      stage.github.requests.some(({ operation, status }) => operation?.includes('/rules/branches/') && status === 200),
    );
    const pull = await stage.request('quiet');
    await untilSaid(stage, pull, 'Waiting for approval');
    expect(stage.logged((line) => line.alarm !== undefined)).toEqual([]);
  }));

const SETTINGS = seedFiles({ pem: '', publicKey: '', fingerprint: '' })['policies/settings.yaml'] ?? '';

it.concurrent('members of a child team do not count where settings.yaml says so, and owners are told what a team cannot do', () =>
  withStage(
    {
      seed: {
        'policies/settings.yaml': SETTINGS.replace(
          'incident-commanders: 4100002',
          'incident-commanders: { id: 4100002, children: false }',
        ),
      },
    },
    async (stage) => {
      stage.github.teams.create('night-watch', 4_100_010, ['mallory'], 4_100_002);
      await stage.sandbox.startApp();
      const pull = await stage.request('by-a-child');
      await stage.as('mallory').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'You are not among those who may approve');

      const both = RULES.replace(
        'count: 1, from: [team:incident-commanders]',
        'count: 2, from: [team:incident-commanders]',
      );
      expect(both).not.toBe(RULES);
      await stage.as('octo-lead').push('both', { 'policies/rules.yaml': both });
      const change = await stage.as('octo-lead').openPull({ head: 'both', title: 'Both' });
      await stage.until('the linter knows the team', async () =>
        (await stage.check(change))?.output.summary?.includes('Rule "production-admin" can be approved only with'),
      );

      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilMerged(stage, pull);
      expect(stage.log('-1', '--format=%B')).toContain('Approved-By: hubot-boss');
    },
  ));
