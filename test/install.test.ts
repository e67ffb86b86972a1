// What an operator copies from the README: the App, the rulesets, the AWS role, the commands.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Probot } from 'probot';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { breakglass } from '../app/index.ts';
import { blocks, codeWords, DOCUMENTS, read, root, sources, table } from './markdown.ts';
import { defaultRulesets } from './sandbox/github/rules.ts';
import type { World } from './sandbox/github/world.ts';

type Manifest = {
  readonly default_permissions: Readonly<Record<string, string>>;
  readonly default_events: readonly string[];
};

describe('the App', () => {
  const manifest = parse(read('app.yml')) as Manifest;

  test('is told of every event that the app names, and of no other', () => {
    const named = new Set<string>();
    const on = (events: string | readonly string[]) => {
      for (const event of [events].flat()) named.add(event.split('.')[0] ?? '');
    };
    breakglass({ on } as unknown as Probot, { repositoryId: 1, branch: 'main', enqueue: () => undefined });
    expect([...manifest.default_events].sort()).toEqual([...named].sort());
  });

  test('may do what the GitHub double lets it do, and no more', () => {
    const double = sources('test/sandbox/github').map(read).join('\n');
    const granted = /^const permissions = \{([\s\S]*?)^\}/m.exec(double)?.[1] ?? '';
    const pairs = [...granted.matchAll(/(\w+): '(\w+)'/g)].map(([, name = '', level]) => [name, level]);
    expect(manifest.default_permissions).toEqual(Object.fromEntries(pairs));
  });

  test('is the same in the link that fills in the form', () => {
    const link = new URL(/https:\/\/github\.com\/organizations\/\S+/.exec(read('README.md'))?.[0] ?? '');
    expect(link.searchParams.getAll('events[]')).toEqual(manifest.default_events);
    for (const [name, level] of Object.entries(manifest.default_permissions))
      expect(link.searchParams.get(name), name).toBe(level);
    const others = ['name', 'url', 'webhook_url', 'webhook_active', 'public', 'events[]'];
    const known = [...others, ...Object.keys(manifest.default_permissions)];
    expect([...link.searchParams.keys()].filter((key) => !known.includes(key))).toEqual([]);
  });
});

const documents = blocks('README.md').flatMap(({ language, text }) =>
  language === 'json' ? [JSON.parse(text) as Readonly<Record<string, unknown>>] : [],
);

test('the rulesets are those under which the scenarios run, and nobody may bypass them', () => {
  const world = { app: { slug: 'breakglass', id: 123_456 }, nextId: () => 1, now: () => new Date(0) };
  const played = defaultRulesets(world as unknown as World, false).flatMap((ruleset) => ruleset.rules);
  const written = documents.filter((one) => one.target === 'branch');
  expect(written).toHaveLength(2);
  for (const one of written)
    expect(one).toMatchObject({
      enforcement: 'active',
      bypass_actors: [],
      conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
    });
  expect(written.flatMap((one) => one.rules)).toMatchObject(played);
});

test('the AWS role may do what the app and the plugin call, and nothing else', () => {
  const files = [...sources('app/aws'), ...sources('test/sandbox/provider')].filter(
    (file) => !file.endsWith('.test.ts'),
  );
  const [policy] = documents.filter((one) => one.Version === '2012-10-17') as {
    Statement: { Action: string[] }[];
  }[];
  const actions = policy?.Statement.flatMap(({ Action }) => Action) ?? [];
  expect(actions.sort()).toEqual([...new Set(files.flatMap(calls))].sort());
});

const CALLS = [
  /\bsso\.([a-z]+[A-Z]\w+)\(/g,
  /\.(describeUser)\(/g,
  /\bpaginate(List\w+)\(/g,
  /\bnew ([A-Z]\w+)Command\(/g,
];

/** IAM names an action as the API names the operation. */
function calls(file: string): readonly string[] {
  const text = read(file);
  const names = CALLS.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = '']) => name));
  return names.map((name) => {
    const operation = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return `${operation === 'DescribeUser' ? 'identitystore' : 'sso'}:${operation}`;
  });
}

describe('the commands', () => {
  const helps = new Map<string, string>();
  const help = (...command: readonly string[]): string => {
    const key = command.join(' ');
    const known = helps.get(key);
    if (known !== undefined) return known;
    const main = fileURLToPath(new URL('app/cli/main.ts', root));
    const text = execFileSync(process.execPath, [main, ...command, '--help'], { encoding: 'utf8' });
    helps.set(key, text);
    return text;
  };
  const listed = table('README.md', 'command').flatMap(([name = '']) => codeWords(name));

  test('README lists all of them', () => {
    const offered = [...help().matchAll(/^ {2}([a-z]+)\b/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
    expect([...new Set(listed.map((name) => name.split(' ')[0]))].toSorted()).toEqual(offered.toSorted());
    expect(help('keys')).toContain('\n  new');
  });

  test('documents name only commands and options that exist', () => {
    const lines = DOCUMENTS.flatMap((document) => [
      ...blocks(document).flatMap(({ language, text }) => (language === 'sh' ? text.split('\n') : [])),
      ...codeWords(read(document)),
    ]);
    const used = lines.filter((line) => /^breakglass [a-z]/.test(line));
    expect(used.length).toBeGreaterThan(3);
    for (const line of used) {
      const name = listed.find((one) => line.startsWith(`breakglass ${one}`));
      expect(name, line).toBeDefined();
      const options = line.match(/--[a-z-]+/g) ?? [];
      for (const option of options)
        expect(help(...(name ?? '').split(' ')), line).toMatch(new RegExp(`${option}(?![\\w-])`));
    }
    for (const [name = '', text = ''] of table('README.md', 'command'))
      for (const option of codeWords(text).filter((word) => word.startsWith('--')))
        expect(help(...(codeWords(name)[0] ?? '').split(' ')), name).toMatch(new RegExp(`${option}(?![\\w-])`));
  });
});

test('workflows pin every action by its full commit id', () => {
  const text = read('.github/workflows/ci.yml');
  expect(parse(text)).toMatchObject({ permissions: { contents: 'read' } });
  const used = [...text.matchAll(/uses: (\S+)/g)].map(([, name = '']) => name);
  expect(used.length).toBeGreaterThan(0);
  for (const name of used) expect(name).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
});
