// From the engine's output to one sentence that names the thing and the next step.
import { describe, expect, it } from 'vitest';
import { describeFailure, redacted } from '../../app/engine/failure.ts';

function reason(output: string, diagnostics: readonly string[] = []): string {
  return describeFailure({ error: new Error(output), diagnostics, stateUrl: 's3://state-bucket?region=eu-central-1' });
}

describe('describeFailure', () => {
  it.each([
    [
      'api error ExpiredTokenException: The security token included in the request is expired',
      'credentials have expired',
    ],
    [
      'operation error STS: GetCallerIdentity, https response error StatusCode: 403, InvalidClientTokenId: ...',
      'does not accept',
    ],
    ['error: No valid credential sources found. Please see https://...', 'no AWS credentials'],
    [
      'AccessDeniedException: User: arn:aws:sts::1:assumed-role/app/i is not authorized to perform: sso:CreateAccountAssignment on resource: x',
      'may not sso:CreateAccountAssignment',
    ],
    ['api error AccessDeniedException: nope', 'AWS denied'],
    [
      "error: no resource plugin 'pulumi-resource-aws' found in the workspace at version v7.48.0",
      'plugin for AWS is missing',
    ],
    [
      'error: Could not automatically download and install resource plugin: failed to download plugin: aws-7.48.0',
      'plugin for AWS is missing',
    ],
    ['error: getting secrets manager: incorrect passphrase', 'passphrase of the state is wrong'],
    ['write /data/state/.pulumi/x: no space left on device', 'no space left'],
    [
      'error: read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): dial tcp 10.0.0.1:443: connect: connection refused',
      'state store s3://state-bucket',
    ],
    ['error: unable to open bucket s3://state-bucket: NoSuchBucket', 'state store s3://state-bucket'],
    ['ServiceQuotaExceededException: You have exceeded your limit', 'quota'],
    ['api error ThrottlingException: Rate exceeded', 'throttling'],
    [
      'creating SSO Permission Set (bg-x): ConflictException: PermissionSet with name bg-x already exists',
      'left by an interrupted',
    ],
    ['ConflictException: There is a conflicting operation in process', 'busy with another change'],
    ['timeout while waiting for state to become SUCCEEDED (last state: IN_PROGRESS)', 'did not finish in time'],
    [
      'request send failed, Post "https://sso.eu-central-1.amazonaws.com/": dial tcp: lookup sso: no such host',
      'AWS cannot be reached',
    ],
    [
      'error: the stack is currently locked by 1 lock(s). Either wait...\n  file:///x: created by root@host-7 (pid 4711) at 2026-11-22T03:00:00Z',
      'locked by process 4711 on host-7 since 2026-11-22T03:00:00Z',
    ],
  ])('%s', (output, expected) => {
    const sentence = reason(output);
    expect(sentence).toContain(expected);
    expect(sentence).not.toContain('\n');
    expect(sentence.length).toBeLessThan(400);
  });

  it('believes the engine’s own diagnostics before its output', () => {
    expect(
      reason('code: 255\n stdout: Updating…', ['update failed', '<{%fg 1%}>error: something quite new<{%reset%}>']),
    ).toBe('the engine failed: something quite new');
  });

  it('shortens what it does not know and keeps secrets out of it', () => {
    const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0123';
    const sentence = reason(`error: AKIAIOSFODNN7EXAMPLE aws_secret_access_key=${secret} ${'and so on '.repeat(200)}`);
    expect(sentence).not.toContain('AKIAIOSFODNN7EXAMPLE');
    expect(sentence).not.toContain(secret);
    expect(sentence.length).toBeLessThan(350);
  });

  it.each([
    ['https://user:pass@host/x', 'https://host/x'],
    ['token: abc123', 'token: [removed]'],
    ['ASIAABCDEFGHIJKLMNOP', '[access key]'],
    ['grant payments-db-down on 111122223333', 'grant payments-db-down on 111122223333'],
  ])('redacts %s', (text, expected) => expect(redacted(text)).toBe(expected));
});
