// What a person can do: the deadline bites in live sessions, a chained role escapes it, a deleted role ends it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, type Bench, PAYMENTS, startBench } from './bench.ts';

const DEADLINE = '2026-11-22T05:00:00Z';
const BEFORE = new Date('2026-11-22T04:59:59Z');
const AT = new Date(DEADLINE);
const OTHER_ROLE = { account: PAYMENTS, name: 'deployer', inlinePolicy: allow('s3:*') };

let bench: Bench;
let clock = BEFORE;

beforeEach(async () => {
  clock = new Date('2026-11-22T04:30:00Z');
  bench = await startBench({ now: () => clock });
});
afterEach(() => bench.close());

describe('a person', () => {
  test('may do what one of the assigned roles allows, until its deadline', async () => {
    await bench.assign(await bench.createSet('ec2', allow('ec2:*', DEADLINE)));
    await bench.assign(await bench.createSet('s3', allow('s3:*')));
    expect(bench.aws.whatCan('mona', 'payments', 'ec2:RunInstances', BEFORE).kind).toBe('allowed');
    expect(bench.aws.whatCan('mona', 'payments', 'ec2:RunInstances', AT).reason).toContain('explicit Deny');
    // The deadline of one role says nothing about another.
    expect(bench.aws.whatCan('mona', 'payments', 's3:GetObject', AT).kind).toBe('allowed');
    expect(bench.aws.whatCan('mona', 'payments', 'iam:CreateUser', BEFORE).kind).toBe('denied');
  });

  test('who is assigned to nothing may not even ask who they are', () => {
    expect(bench.aws.whatCan('mona', 'payments', 'sts:GetCallerIdentity')).toEqual({
      kind: 'denied',
      reason: 'mona is assigned to nothing in 111122223333',
    });
  });

  test('who is misspelt is an error of the test', () => {
    expect(() => bench.aws.whatCan('lisa', 'payments', 's3:GetObject')).toThrow('no user lisa');
    expect(() => bench.aws.whatCan('mona', 'paiments', 's3:GetObject')).toThrow('no account paiments');
  });
});

describe('a live session', () => {
  test('is cut off at the deadline, except from GetCallerIdentity', async () => {
    await bench.assign(await bench.createSet('cut', allow('*', DEADLINE)));
    const session = bench.aws.signIn('mona', 'payments', 'cut');
    const can = (action: string, at: Date) => bench.aws.whatCan('mona', 'payments', action, at, { session }).kind;
    expect([can('ec2:RunInstances', BEFORE), can('ec2:RunInstances', AT)]).toEqual(['allowed', 'denied']);
    expect(can('sts:GetCallerIdentity', AT)).toBe('allowed');
  });

  test('lasts as long as the set says', async () => {
    await bench.assign(await bench.createSet('hour', allow('*')));
    const session = bench.aws.signIn('mona', 'payments', 'hour');
    const at = (time: string) => bench.aws.whatCan('mona', 'payments', 's3:GetObject', new Date(time), { session });
    expect(at('2026-11-22T05:29:59Z').kind).toBe('allowed');
    expect(at('2026-11-22T05:30:00Z').reason).toBe('the session has expired');
  });

  test('feels a Deny as soon as it is provisioned, not before', async () => {
    const set = await bench.createSet('early', allow('*'));
    await bench.assign(set);
    const session = bench.aws.signIn('mona', 'payments', 'early');
    const can = () => bench.aws.whatCan('mona', 'payments', 's3:GetObject', clock, { session }).kind;
    await bench.put(
      set,
      JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource: '*' } }),
    );
    expect(can()).toBe('allowed');
    await bench.provision(set);
    expect(can()).toBe('denied');
  });

  test('of before a date can be cut off by its token', async () => {
    const statements = [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateLessThan: { 'aws:TokenIssueTime': '2026-11-22T04:45:00Z' } },
      },
    ];
    await bench.assign(
      await bench.createSet('token', JSON.stringify({ Version: '2012-10-17', Statement: statements })),
    );
    const old = bench.aws.signIn('mona', 'payments', 'token');
    clock = new Date('2026-11-22T04:50:00Z');
    const fresh = bench.aws.signIn('mona', 'payments', 'token');
    const can = (session: typeof old) => bench.aws.whatCan('mona', 'payments', 's3:GetObject', clock, { session }).kind;
    expect([can(old), can(fresh)]).toEqual(['denied', 'allowed']);
  });

  test.each([
    [true, 'denied'],
    [false, 'allowed'],
  ])('after its role is deleted, where that ends sessions (%s): %s', async (roleDeletionEndsSessions, kind) => {
    await bench.close();
    bench = await startBench({ now: () => clock, roleDeletionEndsSessions });
    const set = await bench.createSet('deleted', allow('*'));
    await bench.assign(set);
    const session = bench.aws.signIn('mona', 'payments', 'deleted');
    await bench.unassign(set);
    expect(bench.aws.whatCan('mona', 'payments', 's3:GetObject', clock, { session }).kind).toBe(kind);
    // Either way nobody signs in afresh.
    expect(() => bench.aws.signIn('mona', 'payments', 'deleted')).toThrow('is not assigned to');
    // A role made again under the same name is another role.
    await bench.assign(set);
    await bench.put(set, allow('ec2:*'));
    await bench.provision(set);
    expect(bench.aws.whatCan('mona', 'payments', 'ec2:RunInstances', clock, { session }).kind).toBe(kind);
  });
});

describe('role chaining', () => {
  test('escapes the deadline for up to an hour', async () => {
    await bench.assign(await bench.createSet('chain', allow('*', DEADLINE)));
    const chained = bench.aws.assumeRole(bench.aws.signIn('mona', 'payments', 'chain'), OTHER_ROLE);
    const can = (action: string, at: Date) =>
      bench.aws.whatCan('mona', 'payments', action, at, { session: chained }).kind;
    expect(can('s3:GetObject', AT)).toBe('allowed');
    expect(can('ec2:RunInstances', BEFORE)).toBe('denied');
    expect(can('s3:GetObject', new Date('2026-11-22T05:30:00Z'))).toBe('denied');
  });

  test('is stopped by a Deny of sts:AssumeRole', async () => {
    const Statement = [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'sts:AssumeRole*', Resource: '*' },
    ];
    await bench.assign(await bench.createSet('guarded', JSON.stringify({ Version: '2012-10-17', Statement })));
    const session = bench.aws.signIn('mona', 'payments', 'guarded');
    expect(() => bench.aws.assumeRole(session, OTHER_ROLE)).toThrow('AccessDenied: sts:AssumeRole on deployer');
  });
});
