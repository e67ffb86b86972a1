// Somebody with the right to push goes around the app: nothing of it gives access, and it is said.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keysFile, newSigningKeys, RULES } from '../sandbox/organisation.ts';
import { grantYaml, type Stage, untilMerged, untilSaid, withStage } from './stage.ts';

const alarms = (stage: Stage) => stage.logged((line) => line.alarm !== undefined).map((line) => String(line.alarm));

describe.concurrent('going around the app', () => {
  it('a grant pushed to main gives no access, raises an alarm and is taken out again', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      await stage.as('root-admin').push('main', { 'grants/mine.yaml': grantYaml() });
      await stage.until('an alarm', () => alarms(stage).includes('grant-unauthorized'));
      await stage.until('it is taken out', async () => !(await stage.files()).includes('grants/mine.yaml'));
      expect(stage.setsMade()).toBe(0);
      const again = await stage.request('mine');
      await untilSaid(stage, again, 'The id "mine" was used before');
    }));

  it('a laxer rule or a key pushed to main changes nothing: the last good policy stays in force', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const lax = RULES.replace(
        'requesters: [team:sre]\n    approvals: [{ count: 1, from: [team:incident-commanders] }]',
        'requesters: [team:sre]\n    approvals: []',
      );
      expect(lax).not.toBe(RULES);
      await stage.as('root-admin').push('main', { 'policies/rules.yaml': lax });
      await stage.until('an alarm', () => alarms(stage).includes('policy-unauthorized'));
      const own = newSigningKeys();
      await stage
        .as('root-admin')
        .push('main', { 'policies/keys.yaml': keysFile([{ id: 'mine', key: own.publicKey, first: 0 }]) });
      await stage.until(
        'another alarm',
        () => alarms(stage).filter((code) => code === 'policy-unauthorized').length === 2,
      );
      const pull = await stage.request('still');
      await untilSaid(stage, pull, 'Waiting for approval: 1 of');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
    }));

  it('a merge by hand with a forged message grants nothing and is answered with the same request under a new id', () =>
    withStage({}, async (stage) => {
      stage.github.rulesets.clear();
      const app = await stage.sandbox.startApp();
      const honest = await stage.request('honest', { role: 'read-only', account: 'staging' });
      await untilSaid(stage, honest, 'Active until');
      const genuine = stage.log('-1', '--format=%B');
      await app.stop();
      const pull = await stage.request('forged');
      const [title = '', ...rest] = genuine.trim().split('\n');
      await stage.as('root-admin').mergeByHand(pull, { title, message: rest.join('\n').trim() });
      const made = stage.setsMade();
      await stage.sandbox.startApp();
      const said = await untilSaid(stage, pull, 'This merge grants nothing');
      expect(said).toContain('grants%2Fforged-2.yaml');
      await stage.until('the file is taken out', async () => !(await stage.files()).includes('grants/forged.yaml'));
      expect(stage.setsMade()).toBe(Math.max(made, 1));
      expect(stage.can('octocat', 'payments')).toBe(false);
      expect(alarms(stage)).toContain('authorization-replayed');
    }));
});

describe.concurrent('a change to policy', () => {
  it('needs two owners, none of them its author, and is merged by the app with an authorization of its own', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const rules = RULES.replace('max_duration: 2h\n    max_live: 2', 'max_duration: 3h\n    max_live: 2');
      expect(rules).not.toBe(RULES);
      await stage.as('octo-lead').push('rules', { 'policies/rules.yaml': rules });
      const change = await stage.as('octo-lead').openPull({ head: 'rules', title: 'Three hours' });
      await untilSaid(stage, change, 'Waiting for approval: 2 of');
      await stage.as('octo-lead').comment(change, '/approve-emergency');
      await untilSaid(stage, change, 'Nobody approves a request of their own');
      await stage.as('hubot-boss').comment(change, '/approve-emergency');
      await untilSaid(stage, change, 'Waiting for approval: 1 of');
      expect((await stage.pull(change)).merged).toBe(false);
      // A second commander joins and approves: memberships are read live.
      stage.github.teams.add('incident-commanders', 'hubot');
      await stage.as('hubot').comment(change, '/approve-emergency');
      await untilMerged(stage, change);
      expect(stage.log('-1', '--format=%(trailers:key=Kind,valueonly)').trim()).toBe('change');
      const pull = await stage.request('three-hours', { duration: '3h' });
      await untilSaid(stage, pull, 'Waiting for approval: 1 of');
    }));

  it('is shown with what it changes for past requests, and cannot go green while its own tests fail', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const past = await stage.request('past', { role: 'read-only', account: 'staging' });
      await untilMerged(stage, past);
      const rules = RULES.replace('accounts: ["*"]', 'accounts: [prod-web]');
      expect(rules).not.toBe(RULES);
      const tests = `cases:
  - name: reading staging is for everybody
    requester: octocat
    teams: [engineering]
    request: { account: staging, role: read-only, duration: 1h }
    expect: { allowed: production-read, approvals: [] }
`;
      await stage
        .as('octo-lead')
        .push('narrow', { 'policies/rules.yaml': rules, 'policies/tests/reading.yaml': tests });
      const change = await stage.as('octo-lead').openPull({ head: 'narrow', title: 'Narrow' });
      expect(await untilSaid(stage, change, 'Denied')).toContain('policy-tests-fail');
      await stage.as('octo-lead').push('narrow', { 'policies/tests/reading.yaml': null });
      expect(await untilSaid(stage, change, 'Waiting for approval: 2 of')).toMatch(/past.*(denied|no-rule)/);
    }));

  it('that does not parse cannot go green, with file and line', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      await stage.as('octo-lead').push('broken', { 'policies/rules.yaml': 'defaults: {}\nrules:\n  - name: [\n' });
      const change = await stage.as('octo-lead').openPull({ head: 'broken', title: 'Broken' });
      expect(await untilSaid(stage, change, 'Denied')).toMatch(/policies\/rules\.yaml` line \d+, column \d+/);
      expect((await stage.check(change))?.conclusion).toBe('failure');
    }));

  it('to a workflow file goes green with the owners, and a person presses merge', () =>
    withStage({}, async (stage) => {
      stage.github.teams.add('incident-commanders', 'hubot');
      await stage.sandbox.startApp();
      const workflow = { '.github/workflows/ci.yml': 'on: push\n' };
      await stage.as('octo-lead').push('ci', workflow);
      const change = await stage.as('octo-lead').openPull({ head: 'ci', title: 'CI' });
      await untilSaid(stage, change, 'Waiting for approval: 2 of');
      for (const login of ['hubot-boss', 'hubot'] as const) await stage.as(login).comment(change, '/approve-emergency');
      await untilSaid(stage, change, 'Approved; press merge');
      expect((await stage.check(change))?.conclusion).toBe('success');
      await stage.as('octo-lead').mergeByHand(change);
      await stage.as('octo-lead').push('both', {
        ...workflow,
        'policies/rules.yaml': `${RULES}# more\n`,
        '.github/workflows/two.yml': 'on: push\n',
      });
      const both = await stage.as('octo-lead').openPull({ head: 'both', title: 'Both' });
      await untilSaid(stage, both, 'go into pull requests of their own');
      const pull = await stage.request('after-ci');
      await untilSaid(stage, pull, 'Waiting for approval: 1 of');
      expect(alarms(stage)).toEqual([]);
    }));
});

describe.concurrent('when owners or keys are lost', () => {
  it('a new root in the configuration of the process is the way back', () =>
    withStage({}, async (stage, sandbox) => {
      const lost = await sandbox.startApp();
      await stage.until('the first pass', async () => (await fetch(`${lost.url}/readyz`)).ok);
      const keys = newSigningKeys();
      const file = join(sandbox.dir, 'new-signing.pem');
      await writeFile(file, keys.pem, { mode: 0o600 });
      const owners = 'owners: { count: 1, from: [user:hubot-boss] }';
      const settings = stage.file('policies/settings.yaml').replace(/^owners: .*$/m, owners);
      const genesis = await stage.as('root-admin').push('main', {
        'policies/keys.yaml': keysFile([{ id: 'second-root', key: keys.publicKey, first: 0 }]),
        'policies/settings.yaml': settings,
      });
      await stage.until('an alarm', () => alarms(stage).includes('policy-unauthorized'));
      expect(await lost.stop()).toBe(0);
      await sandbox.startApp({
        env: {
          BREAKGLASS_GENESIS: genesis,
          BREAKGLASS_KEY_FINGERPRINTS: keys.fingerprint,
          BREAKGLASS_SIGNING_KEY_FILE: file,
        },
      });
      const pull = await stage.request('new-root');
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      expect(stage.log('-1', '--format=%(trailers:key=Authorization,valueonly)')).toMatch(/^ed25519 second-root /);
    }));
});
