// While a grant lives, somebody changes policy, AWS or the disk under it.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ACCOUNTS, USERS } from '../sandbox/organisation.ts';
import { live, type Stage, untilMerged, untilSaid, withStage } from './stage.ts';

const ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';

it.concurrent('a policy that no longer has the person ends the grant at once, and is merged by the app while it lives', () =>
  withStage({}, async (stage, sandbox) => {
    await sandbox.startApp();
    const pull = await live(stage, 'fired');
    const { body } = await stage.as('octo-lead').request('GET', '/repos/acme/access/contents/policies/people.yaml');
    const people = Buffer.from(String((body as { content: string }).content), 'base64').toString('utf8');
    const without = people
      .split('\n')
      .filter((line) => !line.includes('583231'))
      .join('\n');
    await stage.as('octo-lead').push('fire', { 'policies/people.yaml': without });
    const change = await stage.as('octo-lead').openPull({ head: 'fire', title: 'Fire' });
    await untilSaid(stage, change, 'Waiting for approval: 2 of');
    stage.github.teams.add('incident-commanders', 'hubot');
    await stage.as('hubot-boss').comment(change, '/approve-emergency');
    await stage.as('hubot').comment(change, '/approve-emergency');
    await untilMerged(stage, change);
    await stage.until('it is denied', () => !stage.can('octocat', 'payments'), 20_000);
    await untilSaid(stage, pull, 'no longer in policy');
    await untilSaid(stage, pull, 'the proof is in commit');
  }));

it.concurrent('a permission set that somebody deletes by hand is made again', () =>
  withStage({}, async (stage, sandbox) => {
    await sandbox.startApp();
    await live(stage, 'byhand');
    const [set] = stage.sets();
    stage.aws.administrator.deleteSet(set?.name ?? '');
    expect(stage.can('octocat', 'payments')).toBe(false);
    await stage.until('it is back', () => stage.can('octocat', 'payments'), 40_000);
    expect(stage.sets()).toHaveLength(1);
  }));

it.concurrent("the engine's state and the mirror are lost while a grant lives: one access, and it still ends", () =>
  withStage({}, async (stage, sandbox) => {
    const app = await sandbox.startApp();
    const pull = await stage.request('lost', { duration: '35s' });
    await untilSaid(stage, pull, 'Waiting for approval');
    await stage.as('hubot-boss').comment(pull, '/approve-emergency');
    await untilSaid(stage, pull, 'Active until');
    await app.stop();
    await rm(join(sandbox.dir, 'data'), { recursive: true, force: true });
    await sandbox.startApp();
    await stage.until('there is access', () => stage.can('octocat', 'payments'), 30_000);
    expect(stage.sets()).toHaveLength(1);
    await untilSaid(stage, pull, 'the proof is in commit', 60_000);
    expect(stage.sets()).toEqual([]);
  }));

const HUBOT = USERS.hubot;
const GROUP = '906712abcd-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';

type Edit = readonly [what: string, edit: (admin: Stage['aws']['administrator'], set: string) => void, said: string];

const ADDED: readonly Edit[] = [
  ['moved deadline', (admin, set) => admin.moveDeadline(set, new Date('2030-01-01')), 'inline policy'],
  [
    'other policy, not provisioned',
    (admin, set) => admin.setInlinePolicy(set, ALLOW, { provision: false }),
    'inline policy',
  ],
  ['another person', (admin, set) => admin.assign(set, ACCOUNTS.payments, HUBOT), `to USER ${HUBOT}`],
  ['a group', (admin, set) => admin.assignGroup(set, ACCOUNTS.payments, GROUP), `to GROUP ${GROUP}`],
  ['another account', (admin, set) => admin.assign(set, ACCOUNTS.web, USERS.octocat), `in account ${ACCOUNTS.web}`],
];

/** What SDK calls alone cannot put right. */
const MISSING: readonly Edit[] = [
  ['assignment taken away', (admin, set) => admin.unassign(set, ACCOUNTS.payments, USERS.octocat), 'to nothing'],
  ['longer sessions', (admin, set) => admin.setSessionDuration(set, 'PT12H'), 'PT12H'],
  [
    'tags',
    (admin, set) => admin.tag(set, 'breakglass:expires-at', '2030-01-01T00:00:00Z'),
    'tags of the permission set',
  ],
];

it.concurrent.each([
  ['adds', ADDED],
  ['takes away or changes', MISSING],
])('what somebody %s in AWS is put right, one after the other, and said each time', (_, edits) =>
  withStage({}, async (stage, sandbox) => {
    await sandbox.startApp();
    const pull = await live(stage, 'edited');
    const [before] = stage.sets();
    if (before === undefined) throw new Error('there is no set');
    const signed = JSON.stringify({ ...before.content, tags: [...before.tags] });
    const repairs = () => stage.logged((line) => line.alarm === 'drift-repaired').map((line) => String(line.msg));
    for (const [i, [what, edit, said]] of edits.entries()) {
      edit(stage.aws.administrator, before.name);
      await stage.until(`"${what}" is put right and said`, () => repairs().length > i, 30_000);
      expect(repairs()[i], what).toContain(said);
      await stage.aws.settled();
      const [now] = stage.sets();
      expect(JSON.stringify({ ...now?.content, tags: [...(now?.tags ?? [])] }), what).toBe(signed);
      expect(stage.aws.assignments(), what).toEqual([
        { setArn: before.arn, account: ACCOUNTS.payments, principalType: 'USER', principalId: USERS.octocat },
      ]);
      expect(
        stage.aws.roles().map((role) => role.content),
        what,
      ).toEqual([now?.content]);
    }
    await untilSaid(stage, pull, 'is put right again since');
    await untilSaid(stage, pull, 'Active until');
    expect(stage.setsMade()).toBe(1);
  }),
);

it.concurrent('an empty answer of AWS moves nothing: no engine runs, nothing is made or called gone', () =>
  withStage({}, async (stage, sandbox) => {
    await sandbox.startApp();
    await live(stage, 'steady');
    const operations = () => stage.logged((line) => line.msg === 'engine operation starts').length;
    const before = operations();
    const [set] = stage.sets();
    const empty = { kind: 'answer', body: { PermissionSets: [] } } as const;
    const lists = [stage.aws.plant({ on: 'ListPermissionSets', mishap: empty })];
    await stage.until('an empty list was given', () => lists[0]?.hits() === 1, 30_000);
    // Once more, and this time the set itself is not found either.
    lists.push(stage.aws.plant({ on: 'ListPermissionSets', mishap: empty }));
    const forget = stage.aws.onRequest(({ phase, operation }) => {
      if (phase !== 'after' || operation !== 'ListPermissionSets' || lists[1]?.hits() !== 1) return;
      forget();
      const missing = { kind: 'error', code: 'ResourceNotFoundException' } as const;
      lists.push(stage.aws.plant({ on: 'DescribePermissionSet', mishap: missing }));
    });
    await stage.until('nothing of it was found once', () => lists[2]?.hits() === 1, 30_000);
    const passes = stage.aws.log.filter((one) => one.operation === 'ListPermissionSets').length;
    await stage.until(
      'two more passes',
      () => stage.aws.log.filter((one) => one.operation === 'ListPermissionSets').length >= passes + 2,
      30_000,
    );
    expect(operations()).toBe(before);
    expect(stage.sets().map((one) => one.arn)).toEqual([set?.arn]);
    expect(stage.logged((line) => line.alarm !== undefined)).toEqual([]);
  }));
