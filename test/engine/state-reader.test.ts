// Which stacks there are, and which permission set one has: from files, and from the CLI for any other store.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../app/engine/checkpoint.ts';
import { stateReader } from '../../app/engine/state-reader.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'breakglass-state-'));
});

const ARN = 'arn:aws:sso:::permissionSet/ssoins-1/ps-1';
const latest = {
  resources: [
    { urn: 'urn:stack', type: 'pulumi:pulumi:Stack' },
    { urn: 'urn:set', type: 'aws:ssoadmin/permissionSet:PermissionSet', outputs: { arn: ARN } },
  ],
  pending_operations: [{ type: 'creating', resource: { urn: 'urn:assignment' } }],
};

function reader(stateUrl: string, script = 'exit 1') {
  const command = join(home, 'pulumi');
  writeFileSync(command, `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o755);
  return stateReader({ stateUrl, command, env: { PATH: '/bin:/usr/bin' }, folder: home });
}

describe('a state of files', () => {
  const stacks = () => join(home, '.pulumi/stacks/breakglass');
  const files = (named: Record<string, string>) => {
    mkdirSync(stacks(), { recursive: true });
    for (const [name, text] of Object.entries(named)) writeFileSync(join(stacks(), name), text);
  };

  it('lists our stacks, not their backups nor what is not ours', async () => {
    files({ 'g-one-grant.json': '{}', 'g-old-grant.json.bak': '{}', 'other.json': '{}', 'g-No.json': '{}' });
    expect(await reader(pathToFileURL(home).href).stacks()).toEqual(['one-grant']);
  });

  it('is empty before the first grant', async () => {
    const state = reader(`${pathToFileURL(home).href}/not-yet`);
    expect(await state.stacks()).toEqual([]);
    expect(await state.permissionSetArn('one-grant')).toBeNull();
  });

  it('names the permission set and what was interrupted', async () => {
    files({ 'g-one-grant.json': JSON.stringify({ version: 3, checkpoint: { latest } }) });
    expect(await reader(pathToFileURL(home).href).permissionSetArn('one-grant')).toBe(ARN);
    expect(await readCheckpoint(home, 'one-grant')).toEqual({
      permissionSetArn: ARN,
      assigned: false,
      pending: ['urn:assignment'],
    });
  });

  it('reads no file of an id that is none', async () => {
    await expect(readCheckpoint(home, '../../etc/passwd')).rejects.toThrow('not a grant id');
  });
});

describe('any other store', () => {
  it('lists our stacks, with or without an organisation in their names', async () => {
    const answer = JSON.stringify([{ name: 'g-one-grant' }, { name: 'acme/breakglass/g-two-grant' }, { name: 'else' }]);
    expect(await reader('s3://state', `echo '${answer}'`).stacks()).toEqual(['one-grant', 'two-grant']);
  });

  it('names the permission set of a stack, or none', async () => {
    const state = reader('s3://state', `echo '${JSON.stringify({ version: 3, deployment: latest })}'`);
    expect(await state.permissionSetArn('one-grant')).toBe(ARN);
    const missing = reader('s3://state', `echo "error: no stack named 'g-one-grant' found" >&2; exit 255`);
    expect(await missing.permissionSetArn('one-grant')).toBeNull();
  });

  it('is asked once for all who wait, and never by more than two at once', async () => {
    const script = `echo "+ $2" >> '${home}/log'; sleep 0.2; echo "- $2" >> '${home}/log'; echo '[]'`;
    const state = reader('s3://state', script);
    const lists = Array.from({ length: 50 }, () => state.stacks());
    const exports = Array.from({ length: 5 }, (_, i) => state.permissionSetArn(`grant-${i}`));
    await Promise.all([...lists, ...exports]);
    const lines = readFileSync(join(home, 'log'), 'utf8').trim().split('\n');
    expect(lines.filter((line) => line === '+ ls').length).toBeLessThanOrEqual(2);
    expect(lines.filter((line) => line === '+ export')).toHaveLength(5);
    let atOnce = 0;
    for (const line of lines) {
      atOnce += line.startsWith('+') ? 1 : -1;
      expect(atOnce).toBeLessThanOrEqual(2);
    }
  });

  it('finds the project whole whoever else asks', async () => {
    const script = 'cat Pulumi.yaml > /dev/null || exit 1; test -s Pulumi.yaml || exit 1; echo "[]"';
    const states = Array.from({ length: 4 }, () => reader('s3://state', script));
    await expect(Promise.all(states.map((state) => state.stacks()))).resolves.toEqual([[], [], [], []]);
    expect(readdirSync(join(home, 'questions'))).toEqual(['Pulumi.yaml']);
  });

  it('says in a sentence that it cannot be reached', async () => {
    const down = reader('s3://state', 'echo "error: unable to open bucket s3://state: NoSuchBucket" >&2; exit 255');
    await expect(down.stacks()).rejects.toThrow('the state store s3://state cannot be reached');
  });
});
