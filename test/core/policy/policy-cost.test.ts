// What a proposed policy may ask of GitHub, and say to whoever approves it: as much as can be read, and no more.
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../../app/core/policy/parse.ts';
import { namedTeams, policyReport } from '../../../app/core/policy/policy-test-report.ts';
import { examplePolicyFiles, policyOf } from './example-policy.ts';

function filesWith(edits: Readonly<Record<string, (text: string) => string>>): Map<string, Uint8Array> {
  const files = examplePolicyFiles();
  for (const [name, edit] of Object.entries(edits))
    files.set(name, Buffer.from(edit(Buffer.from(files.get(name) ?? []).toString())));
  return files;
}

const side = (edits: Readonly<Record<string, (text: string) => string>> = {}) => {
  const files = filesWith(edits);
  return { policy: policyOf(files), files };
};

const moreTeams = (count: number) => (text: string) =>
  text.replace(
    'teams: {',
    `teams: { ${Array.from({ length: count }, (_, i) => `more-${i}: ${900_000 + i}, `).join('')}`,
  );

describe('teams', () => {
  const given = side().policy.settings.teams.size;

  test('are a hundred at most', () => {
    const parsed = (count: number) => parsePolicy(filesWith({ 'settings.yaml': moreTeams(count) }));
    expect(parsed(100 - given).kind).toBe('ok');
    expect(parsed(101 - given)).toMatchObject({
      problems: [{ file: 'policies/settings.yaml', message: 'teams has more than 100 entries.' }],
    });
  });

  test('are asked about where a rule, the owners or the revokers name them', () => {
    const { policy } = side({
      'settings.yaml': (text) =>
        moreTeams(4)(text)
          .replace('team:incident-commanders]', 'team:incident-commanders, team:more-0]')
          .replace(/^revokers: \[/m, 'revokers: [team:more-1, '),
      'rules.yaml': (text) => text.replace('requesters: [', 'requesters: [team:more-2, '),
    });
    const named = namedTeams(policy);
    expect([...named.keys()].filter((slug) => slug.startsWith('more'))).toEqual(['more-0', 'more-1', 'more-2']);
    expect(named.get('more-0')).toEqual({ id: 900_000 });
  });

  test('that nobody was asked about are no finding, and those that GitHub lacks are, once they are named', () => {
    const known = new Map([...namedTeams(side().policy).keys()].map((slug) => [slug, new Set([1, 2, 3, 4])] as const));
    const teams = { members: known, withChildTeams: new Set<string>() };
    const base = side({ 'settings.yaml': moreTeams(1) });
    const listed = (head: ReturnType<typeof side>) =>
      policyReport({ base, head, history: [], teams }).listed.join('\n');
    expect(listed(base)).not.toContain('unknown-team');
    const named = side({
      'settings.yaml': moreTeams(1),
      'rules.yaml': (text) => text.replace('requesters: [', 'requesters: [team:more-0, '),
    });
    expect(listed(named)).toContain('unknown-team: Nothing is known of team "more-0"');
  });

  test('that are too many to ask about are said to be unchecked', () => {
    const { blocking, listed } = policyReport({ base: side(), head: side(), history: [], teams: 'not-asked' });
    expect(blocking).toEqual([]);
    expect(listed).toEqual([expect.stringMatching(/^GitHub was not asked .*: breakglass policy lint --github$/)]);
  });
});

describe('a report', () => {
  const cases = (count: number, account: string) => () =>
    `cases:\n${Array.from({ length: count }, (_, i) => `  - { name: t${i}, requester: hubot, request: { account: ${account}, role: admin, duration: 1h }, expect: { denied: [unknown-account] } }\n`).join('')}`;

  const EMPTY = new Map([['engineering', new Set<number>()]]);

  test('names a hundred failing tests, and before them that no owner can approve', () => {
    const head = side({
      'tests/many.yaml': cases(150, 'prod-payments'),
      'settings.yaml': (text) =>
        text.replace(/from: \[user:hubot-boss.*\]/, 'from: [user:octo-lead, team:engineering]'),
    });
    const { blocking } = policyReport({
      base: side(),
      head,
      history: [],
      teams: { members: EMPTY, withChildTeams: new Set() },
    });
    expect(blocking).toHaveLength(100);
    expect(blocking[0]?.code).toBe('no-owner-can-approve');
    expect(blocking.slice(1).every(({ code }) => code === 'policy-tests-fail')).toBe(true);
  });

  test('names a hundred tests that are taken out, and how many more there are', () => {
    const base = side({ 'tests/many.yaml': cases(150, 'nowhere') });
    const { listed } = policyReport({ base, head: side(), history: [] });
    expect(listed.filter((line) => line.includes('is taken out'))).toHaveLength(100);
    expect(listed).toContain('and 50 more tests that are changed or taken out: read the diff of policies/tests/');
  });
});
