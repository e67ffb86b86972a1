// What a grant means in AWS, and the digest that authorizations sign.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accessDigest, permissionSetName, resolveGrant } from '../../../app/core/grant/resolve.ts';
import type { ResolvedGrant } from '../../../app/core/grant/resolved.ts';
import type { Policy } from '../../../app/core/policy/policy.ts';
import { examplePolicy } from '../policy/example-policy.ts';

const policy = examplePolicy();
const grant = { id: '2026-11-22-db-down', requester: 'octocat', account: 'prod-payments', role: 'admin' };
const asked = {
  grant,
  policy,
  repositoryId: 1296269,
  requesterId: 583231,
  deadline: new Date('2026-11-22T05:04:00.999Z'),
};

function resolved(change: Partial<typeof asked> = {}): ResolvedGrant {
  const resolution = resolveGrant({ ...asked, ...change });
  if (resolution.kind === 'unresolved') throw new Error(resolution.problems[0].message);
  return resolution.grant;
}

test('every name is replaced by what it means', () => {
  const { guards, ...rest } = resolved();
  expect(guards.map(({ name }) => name)).toEqual(['no-persistence', 'no-hiding']);
  expect(guards[0]?.actions).toContain('sts:AssumeRole*');
  expect(rest).toEqual({
    id: '2026-11-22-db-down',
    repositoryId: 1296269,
    permissionSetName: expect.stringMatching(/^bg-admin-[a-z2-7]{16}$/),
    instanceArn: 'arn:aws:sso:::instance/ssoins-7223aabbccddeeff',
    identityStoreId: 'd-906712abcd',
    region: 'us-east-1',
    portalUrl: 'https://d-906712abcd.awsapps.com/start',
    userId: '906712abcd-1b2c3d4e-5f60-4718-9abc-def012345678',
    accountId: '111122223333',
    accountName: 'prod-payments',
    role: 'admin',
    managedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    statements: [],
    sessionSeconds: 3600,
    deadline: '2026-11-22T05:04:00Z',
  });
});

test.each([
  ['unknown-role', { grant: { ...grant, role: 'admn' } }, /no role "admn" .* Did you mean "admin"\?/],
  ['unknown-role', { grant: { ...grant, role: '__proto__' } }, /no role/],
  ['unknown-account', { grant: { ...grant, account: 'prod-payment' } }, /Did you mean "prod-payments"\?/],
  ['control-plane-account', { grant: { ...grant, account: 'management' } }, /gives no access to it/],
  ['unknown-person', { requesterId: 999 }, /"octocat" \(GitHub id 999\) is not in/],
  ['person-without-aws', { requesterId: 1234567 }, /"hubot-boss" has no Identity Center user/],
])('%s', (code, change, message) => {
  expect(resolveGrant({ ...asked, ...change })).toMatchObject({
    kind: 'unresolved',
    problems: [{ code, message: expect.stringMatching(message) }],
  });
});

test('what could be resolved says so', () => {
  expect(resolveGrant(asked)).toMatchObject({ kind: 'resolved', grant: { id: grant.id } });
});

test('every unknown name is said at once', () => {
  const unknown = resolveGrant({
    ...asked,
    grant: { ...grant, role: 'amdin', account: 'prod-payment' },
    requesterId: 999,
  });
  expect(unknown).toMatchObject({
    problems: [{ code: 'unknown-role' }, { code: 'unknown-account' }, { code: 'unknown-person' }],
  });
});

test('a recycled login is nobody: only the numeric id counts', () => {
  expect(resolveGrant({ ...asked, requesterId: 1 })).toMatchObject({ problems: [{ code: 'unknown-person' }] });
  expect(resolved({ grant: { ...grant, requester: 'renamed' } }).userId).toBe(resolved().userId);
});

test('a role whose guard the policy lacks is a fault, not an unguarded role', () => {
  const broken: Policy = { ...policy, guards: new Map() };
  expect(() => resolveGrant({ ...asked, policy: broken })).toThrow('no-persistence');
});

describe('the digest', () => {
  const base = resolved();
  test('has its form, and does not hang on the order of keys', () => {
    const backwards = Object.fromEntries(Object.entries(base).reverse()) as ResolvedGrant;
    expect(accessDigest(base)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(accessDigest(backwards)).toBe(accessDigest(base));
  });

  test('is a contract: a different value here makes every signed authorization invalid', () => {
    expect(accessDigest({ ...base, guards: [{ name: 'g', actions: ['sts:AssumeRole'] }] })).toBe(
      'sha256:d5085f22c2d9193df50021f6fdafc903d280a23d62fda855be096f2e592fce20',
    );
  });

  test.each<[string, Partial<ResolvedGrant>]>([
    ['account', { accountId: '999999999999' }],
    ['person', { userId: 'other' }],
    ['statements', { statements: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }],
    ['guards', { guards: base.guards.slice(1) }],
    [
      'an action of a guard',
      { guards: [{ name: 'no-persistence', actions: ['sts:AssumeRole'] }, ...base.guards.slice(1)] },
    ],
    ['managed policies', { managedPolicies: [] }],
    ['session', { sessionSeconds: 7200 }],
    ['instance', { instanceArn: 'arn:aws:sso:::instance/ssoins-0000000000000000' }],
    ['permission set', { permissionSetName: 'bg-admin-aaaaaaaaaaaaaaaa' }],
  ])('changes with the %s', (_, change) => {
    expect(accessDigest({ ...base, ...change })).not.toBe(accessDigest(base));
  });

  test('does not change with the deadline, which is signed apart', () => {
    expect(accessDigest({ ...base, deadline: '2030-01-01T00:00:00Z' })).toBe(accessDigest(base));
  });
});

describe('the name of the permission set', () => {
  test('is a contract: it is how access is found again', () => {
    expect(permissionSetName('database-failover', 1296269, '2026-11-22-db-down')).toBe(
      'bg-database-fai-7bejbyfw7w34vy6f',
    );
  });

  test('property: fits Identity Center, and differs between grants and repositories', () => {
    const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{2,62}$/);
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/), fc.nat(), id, id, (role, repository, one, other) => {
        const name = permissionSetName(role, repository, one);
        expect(name).toMatch(/^[\w+=,.@-]{1,32}$/);
        expect(permissionSetName(role, repository + 1, one)).not.toBe(name);
        expect(permissionSetName(role, repository, other) === name).toBe(one === other);
      }),
    );
  });
});
