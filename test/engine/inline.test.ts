// One grant's life in the real engine: made, changed in place, repaired, taken away.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../app/engine/engine.ts';
import { inSeconds, MONA, PAYMENTS, resolved } from './grants.ts';
import { operationOn, type Rig, startRig } from './rig.ts';

let rig: Rig;
let engine: Engine;
beforeAll(async () => {
  rig = await startRig();
  engine = rig.engine();
});
afterAll(() => rig.close());

/** What `pulumi stack output` shows. */
function outputsOf(id: string): unknown {
  const file = join(rig.dataDir, 'state', '.pulumi', 'stacks', 'breakglass', `g-${id}.json`);
  return JSON.parse(readFileSync(file, 'utf8')).checkpoint.latest.resources[0].outputs;
}

describe('the engine', () => {
  const grant = resolved('payments-db-down');
  const allowed = (at?: Date) => rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances', at).kind;

  it('grants: the access is there, with its deadline, and the assignment is reported before the end', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const { operation, progress } = operationOn(grant, { proof: Promise.resolve('proven now requests a b') });
    const outcome = await engine.grant(operation);
    const [set] = rig.aws.sets();
    expect(outcome).toEqual({ kind: 'done', permissionSetArn: set?.arn, milliseconds: expect.any(Number) });
    expect(progress).toContainEqual({ kind: 'permission-set', arn: set?.arn });
    expect(progress.at(-1)).toEqual({ kind: 'assigned', arn: set?.arn });
    expect(Object.fromEntries(set?.tags ?? [])).toEqual({
      'breakglass:ledger': '1296269',
      'breakglass:grant': grant.id,
      'breakglass:expires-at': grant.deadline,
    });
    expect(allowed()).toBe('allowed');
    expect(allowed(new Date(Date.parse(grant.deadline)))).toBe('denied');
    expect(await engine.stacks()).toEqual([grant.id]);
    expect(await engine.permissionSetArn(grant.id)).toBe(set?.arn);
    expect(outputsOf(grant.id)).toEqual({
      permissionSetArn: set?.arn,
      createdAt: set?.createdAt.toISOString().replace(/\.\d+Z$/, 'Z'),
      assignment: expect.stringContaining(`${MONA},USER,${PAYMENTS}`),
      deadline: grant.deadline,
      proof: 'proven now requests a b',
    });
  });

  it('puts the deadline in place before the assignment', () => {
    const order = rig.aws.history.map((entry) => entry.what);
    expect(order.indexOf('PutInlinePolicyToPermissionSet')).toBeLessThan(order.indexOf('CreateAccountAssignment'));
    expect(order.indexOf('PutInlinePolicyToPermissionSet')).toBeGreaterThan(-1);
  });

  it('changes nothing the second time', async () => {
    const before = rig.aws.history.length;
    const { operation, progress } = operationOn(grant);
    expect(await engine.grant(operation)).toMatchObject({ kind: 'done', permissionSetArn: rig.aws.sets()[0]?.arn });
    expect(rig.aws.history.slice(before)).toEqual([]);
    expect(progress.at(-1)).toMatchObject({ kind: 'assigned' });
    expect(outputsOf(grant.id)).toMatchObject({ proof: expect.stringMatching(/^not proven/) });
  });

  it('extends in place: the same set, no gap, the new deadline', async () => {
    const later = { ...grant, deadline: inSeconds(7200) };
    rig.authorize(grant.id, { kind: 'authorized', grant: later });
    const [before] = rig.aws.assignments();
    expect(await engine.grant(operationOn(later).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.assignments()).toEqual([before]);
    expect(allowed(new Date(Date.parse(grant.deadline)))).toBe('allowed');
    expect(allowed(new Date(Date.parse(later.deadline)))).toBe('denied');
  });

  it('brings an extension to the role whose provisioning failed at first', async () => {
    const later = { ...grant, deadline: inSeconds(10_800) };
    rig.authorize(grant.id, { kind: 'authorized', grant: later });
    rig.aws.plant({ on: 'ProvisionPermissionSet', mishap: { kind: 'error', code: 'AccessDeniedException' } });
    expect(await engine.grant(operationOn(later).operation)).toMatchObject({ kind: 'failed' });
    rig.aws.clearFaults();
    expect(await engine.grant(operationOn(later).operation)).toMatchObject({ kind: 'done' });
    expect(allowed(new Date(Date.parse(later.deadline) - 1000))).toBe('allowed');
    expect(allowed(new Date(Date.parse(later.deadline)))).toBe('denied');
  });

  it('makes again what somebody removed in AWS by hand', async () => {
    rig.aws.administrator.unassign(grant.permissionSetName, PAYMENTS, MONA);
    expect(allowed()).toBe('denied');
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(allowed()).toBe('allowed');
    rig.aws.administrator.deleteSet(grant.permissionSetName);
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(allowed()).toBe('allowed');
  });

  it('repairs what somebody changed in AWS by hand', async () => {
    rig.aws.administrator.moveDeadline(grant.permissionSetName, new Date(Date.now() + 10 ** 9));
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(allowed(new Date(Date.now() + 10_900 * 1000))).toBe('denied');
  });

  it('ends: assignment first, then the set, and nothing of the stack is left', async () => {
    const before = rig.aws.history.length;
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    const calls = rig.aws.history.slice(before).map((entry) => entry.what);
    expect(calls.indexOf('DeleteAccountAssignment')).toBeLessThan(calls.indexOf('DeletePermissionSet'));
    expect(calls).not.toContain('DeleteInlinePolicyFromPermissionSet');
    expect(rig.aws.sets()).toEqual([]);
    expect(allowed()).toBe('denied');
    expect(await engine.stacks()).toEqual([]);
    expect(existsSync(join(rig.dataDir, 'work', `g-${grant.id}`))).toBe(false);
  });

  it('calls the end of a stack that does not exist done', async () => {
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'done', permissionSetArn: null });
  });

  it('touches nothing for a grant that the child finds unauthorized, expired, or too large', async () => {
    const cases = [
      ['unsigned', { kind: 'refused', reason: 'no authorization' }],
      ['past', { kind: 'authorized', grant: resolved('past', { deadline: inSeconds(-1) }) }],
      [
        'too-large',
        {
          kind: 'authorized',
          grant: resolved('too-large', { guards: [{ name: 'long', actions: [`iam:${'x'.repeat(11_000)}`] }] }),
        },
      ],
    ] as const;
    const before = rig.aws.log.length;
    for (const [id, answer] of cases) {
      rig.authorize(id, answer);
      expect(await engine.grant(operationOn(resolved(id)).operation), id).toMatchObject({ kind: 'refused' });
    }
    expect(rig.aws.log.length).toBe(before);
    expect(await engine.stacks()).toEqual([]);
  });

  it('says in a sentence why AWS refused, and succeeds later on the same stack', async () => {
    const other = resolved('refused-at-first', { accountId: '222233334444', accountName: 'prod-search' });
    rig.authorize(other.id, { kind: 'authorized', grant: other });
    rig.aws.plant({ on: '*', mishap: { kind: 'expired-credentials' }, times: 100 });
    expect(await engine.grant(operationOn(other).operation)).toEqual({
      kind: 'failed',
      reason: "the app's AWS credentials have expired: renew them, the operation is tried again",
      interrupted: false,
    });
    rig.aws.clearFaults();
    expect(await engine.grant(operationOn(other).operation)).toMatchObject({ kind: 'done' });
    expect(await engine.end(operationOn(other).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.sets()).toEqual([]);
  });

  it('ends a grant whose assignment, or whose whole set, is gone from AWS already', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    await engine.grant(operationOn(grant).operation);
    rig.aws.administrator.unassign(grant.permissionSetName, PAYMENTS, MONA);
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.sets()).toEqual([]);
    await engine.grant(operationOn(grant).operation);
    rig.aws.administrator.deleteSet(grant.permissionSetName);
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(await engine.stacks()).toEqual([]);
  });

  it.each(['a passphrase', 'a key service'])('ends a grant whose work folder was lost, with %s', async (which) => {
    const provider = which === 'a passphrase' ? 'passphrase' : rig.keys.secretsProvider;
    const engine = rig.engine({ secretsProvider: provider });
    rig.authorize(grant.id, { kind: 'authorized', grant });
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    rmSync(join(rig.dataDir, 'work'), { recursive: true });
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    rmSync(join(rig.dataDir, 'work'), { recursive: true });
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.sets()).toEqual([]);
    expect(readdirSync(join(rig.dataDir, 'work'))).toEqual([]);
  });
});
