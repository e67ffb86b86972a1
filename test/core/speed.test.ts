// What takes no longer than it may: hostile text is read, and large policies and histories are judged, in a moment.
import { expect, test } from 'vitest';
import { readCommand } from '../../app/core/decision/command.ts';
import { matchesGlob } from '../../app/core/policy/glob.ts';
import { lintPolicy } from '../../app/core/policy/lint.ts';
import { placesIn } from '../../app/core/policy/lint-places.ts';
import { historyOf, replay } from '../../app/core/policy/replay.ts';
import { HistoryBuilder } from './ledger/history-builder.ts';
import { examplePolicyFiles, policyOf } from './policy/example-policy.ts';

test('a hostile glob costs next to nothing', () => {
  const start = performance.now();
  expect(matchesGlob('*a'.repeat(20_000), `${'a'.repeat(19_999)}b`)).toBe(false);
  expect(performance.now() - start).toBeLessThan(1000);
});

test('hundreds of rules over thousands of accounts are linted in seconds', () => {
  const accounts = Array.from(
    { length: 3_000 },
    (_, i) => `a${i}: { id: "${100_000_000_000 + i}", labels: [l${i % 50}] }`,
  );
  const rules = Array.from({ length: 300 }, (_, i) => {
    const requesters = i % 2 === 0 ? 'team:sre' : 'team:engineering';
    return `  - { name: r${i}, roles: ["*"], accounts: ["label:l${i % 50}"], requesters: [${requesters}], approvals: [] }`;
  });
  const files = examplePolicyFiles();
  files.set('accounts.yaml', Buffer.from(`${accounts.join('\n')}\n`));
  files.set('rules.yaml', Buffer.from(`rules:\n${rules.join('\n')}\n`));
  const policy = policyOf(files);
  const start = performance.now();
  const found = lintPolicy(policy, { place: placesIn(files) });
  expect(found.filter(({ code }) => code === 'unreachable-rule').length).toBeGreaterThan(200);
  expect(performance.now() - start).toBeLessThan(20_000);
});

test('a large history is replayed in no time', () => {
  const builder = new HistoryBuilder();
  builder.merge(1, builder.record('staging', 1), { changes: [builder.add('staging')] });
  const policy = builder.policyValue(builder.policies);
  const [one] = historyOf(builder.ledger().grants.values(), () => policy);
  if (one === undefined) throw new Error('one grant');
  const many = Array.from({ length: 5_000 }, (_, i) => ({
    ...one,
    entry: { ...one.entry, id: `g${i}`, startedAt: new Date(i * 3_600_000), deadline: new Date((i + 1) * 3_600_000) },
  }));
  const start = performance.now();
  expect(replay(many, policy)).toMatchObject({ replayed: 5_000, differences: [] });
  expect(performance.now() - start).toBeLessThan(10_000);
});

const nested = Array.from({ length: 250 }, (_, depth) => `${' '.repeat(2 * depth)}- a`).join('\n');

test.each([
  ['line breaks', `${'\n'.repeat(65_000)}a /reject`],
  ['blanks', `a${' '.repeat(65_000)}b`],
  ['blanks after a command', `/reject${' '.repeat(65_000)}b`],
  ['quotes', '>'.repeat(65_000)],
  ['spaced quotes', '> '.repeat(32_000)],
  ['list markers', '- '.repeat(32_000)],
  ['numbered list markers', '1. '.repeat(21_000)],
  ['nested lists', nested],
  ['brackets', '['.repeat(65_000)],
  ['images', '![a]('.repeat(13_000)],
  ['stars', '*a '.repeat(21_000)],
  ['mixed emphasis', '*a_b '.repeat(13_000)],
  ['backticks', '`a``b'.repeat(13_000)],
  ['elements', '<a '.repeat(21_000)],
  ['entities', '&amp'.repeat(16_000)],
  ['definitions', '[a]: b\n'.repeat(9_000)],
  ['delimiter rows', '|-'.repeat(32_000)],
])('16,000 characters of %s do not hold the process up', (_, body) => {
  const started = performance.now();
  readCommand(body);
  readCommand(`${body}\n\n/reject`.slice(-16_000));
  readCommand(`/reject\n\n${body}`.slice(0, 16_000));
  expect(performance.now() - started).toBeLessThan(3_000);
});
