// What carries our mark and no grant explains: it goes, within the limit that the owners set; what is not ours stays.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ACCOUNTS, REPOSITORY_ID, USERS } from '../sandbox/organisation.ts';
import { live, type Stage, untilMerged, untilSaid, withStage } from './stage.ts';

const SOON = { BREAKGLASS_ORPHAN_SECONDS: '1' };

const allowUntil = (date: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': date } },
      },
    ],
  });

type Planted = { readonly ledger?: number; readonly grant?: string; readonly until?: string };

/** As an administrator, or somebody with his rights, makes one by hand. */
function plantSet(
  { aws }: Stage,
  name: string,
  account: keyof typeof ACCOUNTS,
  { ledger, grant = 'ghost', until = '2030-01-01T00:00:00Z' }: Planted,
): string {
  const marks = { 'breakglass:grant': grant, 'breakglass:expires-at': until };
  const tags = ledger === undefined ? marks : { ...marks, 'breakglass:ledger': String(ledger) };
  const arn = aws.administrator.createSet(name, { inlinePolicy: allowUntil(until), tags });
  aws.administrator.assign(name, ACCOUNTS[account], USERS.hubot);
  return arn;
}

const alarms = (stage: Stage, code: string) => stage.logged((line) => line.alarm === code);
const names = (stage: Stage) =>
  stage
    .sets()
    .map((one) => one.name)
    .toSorted();

it.concurrent('sets with our tag that no grant explains are taken away; others, and live access, are not touched', () =>
  withStage({}, async (stage, sandbox) => {
    await sandbox.startApp({ env: SOON });
    const pull = await live(stage, 'lives');
    const [mine] = stage.sets();
    if (mine === undefined) throw new Error('there is no set');
    const ghost = plantSet(stage, 'bg-admin-aaaaaaaaaaaaaaaa', 'web', { ledger: REPOSITORY_ID });
    const copy = plantSet(stage, 'bg-admin-bbbbbbbbbbbbbbbb', 'payments', { ledger: REPOSITORY_ID, grant: 'lives' });
    plantSet(stage, 'bg-admin-cccccccccccccccc', 'staging', {});
    plantSet(stage, 'bg-admin-dddddddddddddddd', 'sandbox', { ledger: 42, grant: 'lives' });
    expect(stage.can('hubot', 'web')).toBe(true);
    await stage.until('both are gone', () => alarms(stage, 'orphan-removed').length === 2, 60_000);
    expect(names(stage)).toEqual(['bg-admin-cccccccccccccccc', 'bg-admin-dddddddddddddddd', mine.name].toSorted());
    expect(alarms(stage, 'orphan-removed').map((line) => line.arn)).toEqual(expect.arrayContaining([ghost, copy]));
    expect(['web', 'payments'].map((account) => stage.can('hubot', account as keyof typeof ACCOUNTS))).toEqual([
      false,
      false,
    ]);
    expect(stage.can('hubot', 'staging')).toBe(true);
    expect(stage.can('hubot', 'sandbox')).toBe(true);
    expect(stage.can('octocat', 'payments')).toBe(true);
    const said = alarms(stage, 'access-unexplained').map((line) => line.arn);
    expect(said.toSorted()).toEqual([ghost, copy].toSorted());
    const touched = stage.aws.log.filter(({ operation, request }) => {
      const arn = request.PermissionSetArn ?? request.ResourceArn;
      return (
        !/^(Get|List|Describe)/.test(operation) && typeof arn === 'string' && ![mine.arn, ghost, copy].includes(arn)
      );
    });
    expect(touched).toEqual([]);
    await untilSaid(stage, pull, 'Active until');
  }));

it.concurrent('beyond max_removals they freeze, over a restart too; ends go on, and the owners release by name', () =>
  withStage({ seed: { 'policies/settings.yaml': settings('max_removals: 1') } }, async (stage, sandbox) => {
    const app = await sandbox.startApp({ env: SOON });
    for (const [letter, account] of [
      ['a', 'web'],
      ['b', 'staging'],
      ['c', 'sandbox'],
    ] as const)
      plantSet(stage, `bg-admin-${letter.repeat(16)}`, account, { ledger: REPOSITORY_ID });
    plantSet(stage, 'bg-admin-over', 'web', { ledger: REPOSITORY_ID, until: '2020-01-01T00:00:00Z' });
    const pull = await stage.request('ends', { duration: '25s' });
    await untilSaid(stage, pull, 'Waiting for approval');
    await stage.as('hubot-boss').comment(pull, '/approve-emergency');
    await stage.until('the rest is frozen', () => alarms(stage, 'removals-frozen').length > 0, 60_000);
    await stage.until('one went, and what was over', () => alarms(stage, 'orphan-removed').length === 2, 60_000);
    await untilSaid(stage, pull, 'the proof is in commit', 60_000);
    const frozen = ['bg-admin-bbbbbbbbbbbbbbbb', 'bg-admin-cccccccccccccccc'];
    expect(names(stage)).toEqual(frozen);
    await app.stop();
    await sandbox.startApp({ env: SOON });
    await stage.as('octo-lead').push('release', {
      'policies/settings.yaml': settings('max_removals: 1\nrelease_removals: [bg-admin-cccccccccccccccc]'),
    });
    const change = await stage.as('octo-lead').openPull({ head: 'release', title: 'Release' });
    await untilSaid(stage, change, 'Waiting for approval: 2 of');
    expect(names(stage)).toEqual(frozen);
    stage.github.teams.add('incident-commanders', 'hubot');
    await stage.as('hubot-boss').comment(change, '/approve-emergency');
    await stage.as('hubot').comment(change, '/approve-emergency');
    await untilMerged(stage, change);
    await stage.until('the released one is gone', () => names(stage).length === 1, 60_000);
    expect(names(stage)).toEqual(['bg-admin-bbbbbbbbbbbbbbbb']);
    expect(stage.can('hubot', 'staging')).toBe(true);
  }));

it.concurrent('a stack of nobody that names the access of a live grant takes nothing away; it goes when that has ended', () =>
  withStage({}, async (stage, sandbox) => {
    await sandbox.startApp({ env: SOON });
    const pull = await live(stage, 'short', '30s');
    const folder = join(sandbox.dir, 'data', 'state', '.pulumi', 'stacks', 'breakglass');
    const state = readFileSync(join(folder, 'g-short.json'), 'utf8');
    writeFileSync(join(folder, 'g-ghost.json'), state.replaceAll('g-short', 'g-ghost'));
    await stage.until('it is said', () => alarms(stage, 'access-unexplained').length === 1);
    await untilSaid(stage, pull, 'the proof is in commit', 90_000);
    const [ended] = stage.logged((line) => line.msg === 'removal proven');
    expect(Number(ended?.time)).toBeGreaterThanOrEqual(Date.parse(deadlineIn(await stage.said(pull))));
    await stage.until('its stack is gone', () => alarms(stage, 'orphan-removed').length > 0, 60_000);
    expect(alarms(stage, 'orphan-removed').map((line) => line.stack)).toEqual(['ghost']);
    expect(readdirSync(folder)).not.toContain('g-ghost.json');
  }));

function settings(limit: string): string {
  const example = readFileSync(new URL('../../policies/settings.yaml', import.meta.url), 'utf8');
  return example.replace('max_removals: 5', limit);
}

function deadlineIn(said: string): string {
  const [, day, time] = /ended (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/.exec(said) ?? [];
  return `${day}T${time}Z`;
}
