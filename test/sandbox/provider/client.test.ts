// The stand-in provider never talks to AWS itself, and retries what Terraform's provider retries.
import { expect, test } from 'vitest';
import { connect, retrying } from './client.ts';
import { ASSIGNMENT_PATIENCE, waitUntilDone } from './wait.ts';

const ENVIRONMENT = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_REGION: 'eu-west-1',
  BREAKGLASS_SANDBOX_WAIT_SCALE: '0.0001',
};

test.each([undefined, '', 'https://sso.eu-west-1.amazonaws.com', 'http://127.0.0.1.example.com'])(
  'refuses the endpoint %s',
  (url) => {
    expect(() => connect({ ...ENVIRONMENT, AWS_ENDPOINT_URL: url }, undefined)).toThrow(
      'a double on this machine only',
    );
  },
);

test('needs a region, and takes the configured one first', () => {
  expect(() => connect({ ...ENVIRONMENT, AWS_REGION: undefined }, undefined)).toThrow('invalid AWS Region');
  expect(connect(ENVIRONMENT, 'eu-central-1').region).toBe('eu-central-1');
  expect(connect(ENVIRONMENT, undefined).region).toBe('eu-west-1');
});

test.each([
  ['ConflictException', 25],
  ['ThrottlingException', 25],
  ['ValidationException', 1],
  ['ExpiredTokenException', 1],
])('%s is tried %i times in all', async (name, attempts) => {
  let calls = 0;
  const call = () => {
    calls += 1;
    return Promise.reject(Object.assign(new Error('no'), { name }));
  };
  await expect(retrying(connect(ENVIRONMENT, undefined), call)).rejects.toThrow('no');
  expect(calls).toBe(attempts);
});

test('a wait ends with success, with the reason of a failure, or at its limit', async () => {
  const aws = connect({ ...ENVIRONMENT, BREAKGLASS_SANDBOX_WAIT_LIMIT: '30' }, undefined);
  const wait = (...statuses: readonly string[]) => {
    const left = [...statuses];
    return waitUntilDone(aws, ASSIGNMENT_PATIENCE, async () => ({
      status: left.shift() ?? 'IN_PROGRESS',
      failure: 'why',
    }));
  };
  await expect(wait('IN_PROGRESS', 'SUCCEEDED')).resolves.toBeUndefined();
  await expect(wait('IN_PROGRESS', 'FAILED')).rejects.toThrow(
    "unexpected state 'FAILED', wanted target 'SUCCEEDED'. last error: why",
  );
  await expect(wait()).rejects.toThrow('timeout while waiting');
});

test('the waits are the real ones unless they are scaled', () => {
  expect(connect({ ...ENVIRONMENT, BREAKGLASS_SANDBOX_WAIT_SCALE: undefined }, undefined).waitScale).toBe(1);
  expect(ASSIGNMENT_PATIENCE).toEqual({ delay: 10_000, minTimeout: 5_000, timeout: 300_000 });
});
