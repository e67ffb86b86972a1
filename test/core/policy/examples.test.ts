// The worked example: it parses, says what the README says, and names its schemas for editors.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseDuration } from '../../../app/core/grant/duration.ts';
import { parseGrant } from '../../../app/core/grant/parse.ts';
import { resolveGrant } from '../../../app/core/grant/resolve.ts';
import { matchingRule } from '../../../app/core/policy/match.ts';
import { POLICY_FILES } from '../../../app/core/policy/parse.ts';
import { inlinePolicy } from '../../../pulumi/statements.ts';
import { examplePolicy } from './example-policy.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root));

function exampleGrant() {
  const block = /```yaml\n([\s\S]*?)```/.exec(read('grants/README.md').toString())?.[1] ?? '';
  const parsed = parseGrant('grants/2026-11-22-payments-db-down.yaml', Buffer.from(block));
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems, null, 2));
  return parsed.value;
}

test('the example policy parses as a whole', () => {
  const policy = examplePolicy();
  expect(policy.people.get(583231)?.github).toBe('octocat');
  expect(policy.roles.get('admin')?.guards).toEqual(['no-persistence', 'no-hiding']);
  expect(policy.roles.get('read-only')?.guards).toEqual(['no-persistence']);
  expect(policy.settings.owners.count).toBe(2);
  expect(policy.rules[0]).toMatchObject({
    name: 'production-admin',
    maxSeconds: parseDuration('2h'),
    incident: 'required',
  });
});

test('the grant in the README falls under the first rule and resolves', () => {
  const policy = examplePolicy();
  const grant = exampleGrant();
  const account = policy.accounts.get(grant.account);
  if (account === undefined) throw new Error('no such account');
  const octocat = (who: { kind: string; id: number }) =>
    who.kind === 'user' && who.id === 583231 ? 'member' : 'not-member';
  expect(matchingRule(policy, { role: grant.role, account }, octocat)).toMatchObject({
    rule: { name: 'production-admin' },
  });
  const deadline = new Date('2026-11-22T05:04:00Z');
  expect(resolveGrant({ grant, policy, repositoryId: 1, requesterId: 583231, deadline }).kind).toBe('resolved');
});

test('every example role fits into the one inline policy that AWS takes', () => {
  const policy = examplePolicy();
  for (const role of policy.roles.keys()) {
    const grant = { ...exampleGrant(), role };
    const resolved = resolveGrant({ grant, policy, repositoryId: 1, requesterId: 583231, deadline: new Date(0) });
    expect(resolved.kind === 'resolved' && inlinePolicy(resolved.grant).kind, role).toBe('ok');
  }
});

test('every policy file names its schema, and grants/ holds no grant', () => {
  for (const name of POLICY_FILES) {
    const schema = `./schemas/${name.replace('.yaml', '.schema.json')}`;
    expect(read(`policies/${name}`).toString().split('\n')[0]).toBe(`# yaml-language-server: $schema=${schema}`);
  }
  expect(readdirSync(new URL('grants/', root))).toEqual(['README.md']);
});
