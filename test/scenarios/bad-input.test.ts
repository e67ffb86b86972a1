// What is broken, late or out of reach is named, with the next step; and nothing is left half done.

import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grantYaml, untilMerged, untilSaid, withStage } from './stage.ts';

describe.concurrent('bad input', () => {
  it('unparseable YAML and unknown names are answered with file, line and column, all at once', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      await stage.as('octocat').push('bad', {
        'grants/bad.yaml': 'requester: octocat\naccount: &x prod-payments\nrole: *x\nduration: 2 hours\n',
      });
      const pull = await stage.as('octocat').openPull({ head: 'bad', title: 'Bad' });
      const said = await untilSaid(stage, pull, 'Denied');
      expect(said).toMatch(/`grants\/bad\.yaml` line 2, column/);
      expect(said).toMatch(/`grants\/bad\.yaml` line 3, column/);
      const unknown = await stage.request('unknown', { account: 'prod-paymets', role: 'amdin' });
      const names = await untilSaid(stage, unknown, 'Denied: 2 things to change');
      expect(names).toContain('prod-payments');
      expect(names).toContain('admin');
    }));

  it('a hostile path is refused and shown harmlessly', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      await stage.as('octocat').push('path', { 'grants/<img src=x>@hubot-boss.yaml': grantYaml() });
      const pull = await stage.as('octocat').openPull({ head: 'path', title: 'Path' });
      const said = await untilSaid(stage, pull, 'is not a grant');
      expect(said).not.toContain('<img');
      expect(said).not.toContain('@hubot-boss');
    }));

  it('a policy that is broken on main keeps the last good one in force and does not block ending', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('before', { duration: '24s' });
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      await stage.as('root-admin').push('main', { 'policies/rules.yaml': 'rules: [' });
      await untilSaid(stage, pull, 'the proof is in commit');
      const next = await stage.request('after');
      await untilSaid(stage, next, 'Waiting for approval');
    }));
});

describe.concurrent('out of reach', () => {
  it('an App key that GitHub refuses: the app says so, stays up and not ready, and works once the key is right', () =>
    withStage({}, async (stage, sandbox) => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const file = join(sandbox.dir, 'wrong.pem');
      await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
      const app = await sandbox.startApp({ env: { BREAKGLASS_PRIVATE_KEY_FILE: file } });
      await stage.until('it is said', () =>
        app.logs.some((line) => /GitHub refused the App's key/.test(JSON.stringify(line))),
      );
      const ready = await fetch(`${app.url}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain("GitHub refused the App's key");
    }));

  it('GitHub down: access still ends at its deadline; the record follows when GitHub is back', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('dark', { duration: '24s' });
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilSaid(stage, pull, 'Active until');
      stage.github.faults.down();
      await stage.until('AWS holds nothing', () => stage.sets().length === 0);
      stage.github.faults.up();
      await untilSaid(stage, pull, 'the proof is in commit', 60_000);
    }));

  it('AWS down at the merge: the comment names it; granted once AWS answers', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await stage.request('no-aws');
      await untilSaid(stage, pull, 'Waiting for approval');
      stage.aws.down();
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await untilMerged(stage, pull);
      await stage.until('it is said', () => stage.logged((line) => line.key === 'grant:no-aws').length > 0);
      stage.aws.up();
      await untilSaid(stage, pull, 'Active until', 60_000);
      expect(stage.sets()).toHaveLength(1);
    }));

  it('an unreachable state store is named with the next step', () =>
    withStage({}, async (stage, sandbox) => {
      await writeFile(join(sandbox.dir, 'not-a-folder'), '');
      await sandbox.startApp({ env: { BREAKGLASS_STATE_URL: `file://${join(sandbox.dir, 'not-a-folder', 'state')}` } });
      const pull = await stage.request('no-state');
      await untilSaid(stage, pull, 'Waiting for approval');
      await stage.as('hubot-boss').comment(pull, '/approve-emergency');
      await stage.until(
        'it is said',
        () => stage.logged((line) => line.key === 'grant:no-state' && /state/.test(String(line.error))).length > 0,
      );
      expect(stage.setsMade()).toBe(0);
    }));
});
