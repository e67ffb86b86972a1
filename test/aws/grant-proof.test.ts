// "Granted" is said only when AWS's own answers show exactly what was signed.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { IdentityCenter } from '../../app/aws/port.ts';
import { account, allow, elsewhere, hubot, mona, type Office, openOffice, resolved } from './office.ts';

let office: Office;
let centre: IdentityCenter;
let name = '';
let serial = 0;

beforeAll(async () => {
  office = await openOffice();
  centre = office.centre();
});
afterAll(() => office.close());
beforeEach(() => {
  office.aws.clearFaults();
  serial += 1;
  name = `bg-proof-${serial}`;
});

test('proven, with the request ids that AWS logged', async () => {
  const arn = await office.grant(name);
  const proof = await centre.proveGranted(resolved(name), arn, JSON.stringify(JSON.parse(allow), null, 2));
  if (proof.kind !== 'proven') throw new Error(proof.reason);
  const logged = new Map(office.aws.log.map(({ requestId, operation }) => [requestId, operation]));
  expect(proof.evidence.map(({ requestId }) => logged.get(requestId))).toEqual(
    proof.evidence.map(({ operation }) => operation),
  );
  expect(proof.evidence.map(({ operation }) => operation)).toContain('ListAccountAssignments');
  expect(Math.abs(Date.parse(proof.at) - Date.now())).toBeLessThan(5_000);
});

type Tampering = (office: Office, arn: string) => void;

test.each<[string, Tampering, RegExp]>([
  [
    'nobody assigned',
    ({ aws }) => aws.administrator.unassign(name, account, mona),
    /assigned in account 111122223333 to nothing/,
  ],
  ['another person beside', ({ aws }) => aws.administrator.assign(name, account, hubot), /is assigned in account/],
  [
    'another account beside',
    ({ aws }) => aws.administrator.assign(name, elsewhere, mona),
    /is provisioned to 111122223333, 444455556666/,
  ],
  [
    'a moved deadline',
    ({ aws }) => aws.administrator.moveDeadline(name, new Date('2100-01-01')),
    /inline policy in AWS is not the one/,
  ],
  [
    'a managed policy more',
    ({ aws }) => aws.administrator.attachPolicy(name, 'arn:aws:iam::aws:policy/AdministratorAccess'),
    /has the managed policies .*AdministratorAccess, not nothing/,
  ],
  ['the set gone', ({ aws }) => aws.administrator.deleteSet(name), /AWS has no permission set/],
  [
    'not yet provisioned',
    ({ aws }) => {
      aws.administrator.setInlinePolicy(name, '{"Statement":[]}');
      aws.administrator.setInlinePolicy(name, allow, { provision: false });
    },
    /provisioned in its latest form to nothing/,
  ],
])('not proven: %s', async (_what, tamper, reason) => {
  const arn = await office.grant(name);
  tamper(office, arn);
  expect(await centre.proveGranted(resolved(name), arn, allow)).toEqual({
    kind: 'not-proven',
    reason: expect.stringMatching(reason),
  });
});

test('not proven, and nothing thrown, when AWS cannot be read', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'GetInlinePolicyForPermissionSet', mishap: { kind: 'expired-credentials' }, times: 10 });
  expect(await centre.proveGranted(resolved(name), arn, allow)).toEqual({
    kind: 'not-proven',
    reason: expect.stringMatching(/credentials have expired/),
  });
});
