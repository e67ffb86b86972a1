// Every failure of AWS is told in one sentence that names the next step, and only a true "not found" counts as one.
import { ResourceNotFoundException } from '@aws-sdk/client-sso-admin';
import { afterEach, expect, test, vi } from 'vitest';
import { noteAnswer } from '../../app/aws/answer.ts';
import { explain, isNotFound } from '../../app/aws/failure.ts';
import { instanceArn, openOffice } from './office.ts';

const place = { region: 'eu-west-1', instanceArn };
const thrown = (name: string, message: string) => {
  const error = Object.assign(new Error(message), { name });
  noteAnswer(error, 'DeletePermissionSet', undefined);
  return error;
};

afterEach(() => vi.unstubAllEnvs());

test('a missing KMS key is no absence of a permission set', () => {
  const about = { message: 'not found', $metadata: {} };
  expect(isNotFound(new ResourceNotFoundException(about))).toBe(true);
  expect(isNotFound(new ResourceNotFoundException({ ...about, Reason: 'KMS_NotFoundException' }))).toBe(false);
  expect(isNotFound(thrown('AccessDeniedException', 'no'))).toBe(false);
});

test.each([
  [
    'ResourceNotFoundException',
    /check instance arn:aws:sso:::instance\/ssoins-\w+ and region eu-west-1 in policies\/settings.yaml/,
  ],
  ['AccessDeniedException', /^AWS denies sso:DeletePermissionSet to the app: allow it/],
  ['ExpiredTokenException', /have expired \(DeletePermissionSet\): renew them/],
  ['UnrecognizedClientException', /check the role and this machine's clock/],
  ['ThrottlingException', /throttles DeletePermissionSet/],
  ['ServiceQuotaExceededException', /quota of Identity Center is reached.*raise it/],
  ['TimeoutError', /did not answer in time/],
  ['InternalServerException', /failed at DeletePermissionSet \(InternalServerException: said/],
])('%s', (name, sentence) => {
  expect(explain(thrown(name, 'said\n so.'), place)).toMatch(sentence);
  expect(explain(thrown(name, 'said\n so.'), place)).not.toContain('\n');
});

test('our own sentences pass as they are', () => {
  expect(explain(new Error('Permission set x is not ours.'), place)).toBe('Permission set x is not ours.');
});

test('a process without credentials is told so', async () => {
  const office = await openOffice();
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  await expect(office.centre().list()).rejects.toThrow(/^The process has no AWS credentials .*: give it a role/);
  await office.close();
});
