// The shape of the code: imports point down only, core does no I/O, files stay small.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LONGEST = 250;

type Import = { readonly from: string; readonly to: string; readonly typeOnly: boolean };

const sources = ['app', 'pulumi'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);
const text = (path: string) => readFileSync(join(ROOT, path), 'utf8');
/** Without comments and strings, so that words in them are no code. */
const code = (path: string) =>
  text(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");

function importsOf(path: string): readonly Import[] {
  const found = text(path).matchAll(
    /^(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
  );
  return [...found].map(([, , typeWord, plain, dynamic]) => {
    const name = plain ?? dynamic ?? '';
    const to = name.startsWith('.') ? normalize(join(dirname(path), name)) : name;
    return { from: path, to, typeOnly: typeWord !== undefined };
  });
}

const imports = sources.flatMap(importsOf);
const local = imports.filter((one) => /^(app|pulumi|test)\//.test(one.to));
const isLocal = (one: Import) => local.includes(one);

/** `app/git/ledger.ts` → `git`; a file of `app/` itself → `top`. */
function layerOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  if (first !== 'app') return first;
  return second.endsWith('.ts') ? 'top' : second;
}

/** What each layer may import besides itself. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  top: ['cli', 'reconcile', 'audit', 'install', 'git', 'github', 'aws', 'engine', 'queue', 'core'],
  cli: ['top', 'reconcile', 'audit', 'install', 'git', 'github', 'aws', 'engine', 'queue', 'core'],
  reconcile: ['git', 'github', 'aws', 'engine', 'queue', 'core'],
  audit: ['git', 'github', 'aws', 'engine', 'queue', 'core'],
  install: ['git', 'github', 'aws', 'engine', 'queue', 'core'],
  git: ['core'],
  github: ['core'],
  aws: ['core'],
  engine: ['core'],
  queue: ['core'],
  core: [],
  pulumi: ['core'],
};

/** Sideways, each with its reason. */
const SIDEWAYS: readonly (readonly [from: RegExp, to: RegExp, why: string])[] = [
  [/^app\/engine\/.*/, /^app\/git\/authorized\.ts$/, 'the child verifies the ledger itself'],
  [/^app\/github\/grant-report\.ts$/, /^app\/aws\/port\.ts$/, 'a proof is shown as AWS answered it'],
  [/^app\/(reconcile|aws|engine|cli)\/.*/, /^pulumi\/statements\.ts$/, 'IAM documents are pure'],
  [/^app\/engine\/child.*\.ts$/, /^pulumi\/index\.ts$/, 'only the child runs the program'],
];

describe('imports', () => {
  test('were found at all', () => {
    expect(local.length).toBeGreaterThan(200);
    expect(imports.some((one) => one.to === 'app/core/ledger/fold.ts')).toBe(true);
    expect(imports.some((one) => one.typeOnly)).toBe(true);
  });

  test('point down only', () => {
    const wrong = local.filter(({ from, to }) => {
      const [above, below] = [layerOf(from), layerOf(to)];
      if (above === below || BELOW[above]?.includes(below)) return false;
      return !SIDEWAYS.some(([source, target]) => source.test(from) && target.test(to));
    });
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('every exception is still needed', () => {
    for (const [source, target, why] of SIDEWAYS)
      expect(
        local.some(({ from, to }) => source.test(from) && target.test(to)),
        why,
      ).toBe(true);
  });

  test('every folder has its place, and every local file exists', () => {
    expect([...new Set(sources.map(layerOf))].filter((layer) => BELOW[layer] === undefined)).toEqual([]);
    expect(local.filter((one) => !sources.includes(one.to)).map((one) => `${one.from} → ${one.to}`)).toEqual([]);
  });

  test('nothing that ships reaches into test/', () => {
    expect(imports.filter((one) => one.to.startsWith('test/')).map((one) => one.from)).toEqual([]);
  });

  test('only the child of the engine runs the program, and only it and its helpers load the engine', () => {
    expect([
      ...new Set(local.filter((one) => one.to === 'pulumi/index.ts' && !one.typeOnly).map((one) => one.from)),
    ]).toEqual(['app/engine/child.ts']);
    const outside = imports.filter((one) => one.to.startsWith('@pulumi/') && !/^(app\/engine|pulumi)\//.test(one.from));
    expect(outside.map((one) => one.from)).toEqual([]);
  });

  test('one folder knows each outside world', () => {
    const only = (name: RegExp, where: RegExp) =>
      imports.filter((one) => name.test(one.to) && !where.test(one.from)).map((one) => `${one.from} → ${one.to}`);
    expect(only(/^@aws-sdk\//, /^app\/aws\//)).toEqual([]);
    expect(only(/^@octokit\//, /^app\/(github\/octokit|github\/connect|install\/|index\.ts)/)).toEqual([]);
    expect(only(/^date-fns$/, /^$/)).toEqual([]);
    expect(only(/^@pulumi\/(aws|pulumi)$/, /^pulumi\/index\.ts$/).filter((one) => !isTypeImport(one))).toEqual([]);
  });

  test('core takes only pure packages', () => {
    const pure = /^(node:(crypto|buffer)|yaml|ajv|mdast|mdast-util-from-markdown|date-fns\/.+)$/;
    const wrong = imports.filter((one) => one.from.startsWith('app/core/') && !isLocal(one) && !pure.test(one.to));
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('the IAM documents are pure', () => {
    expect(imports.filter((one) => one.from === 'pulumi/statements.ts' && !one.typeOnly)).toEqual([]);
  });
});

function isTypeImport(arrow: string): boolean {
  return imports.some((one) => `${one.from} → ${one.to}` === arrow && one.typeOnly);
}

describe('files', () => {
  const pureFiles = sources.filter((path) => path.startsWith('app/core/') || path.startsWith('pulumi/'));
  const IMPURE =
    /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bprocess\s*[.[]|\bfetch\(|\bsetTimeout\b|\bsetInterval\b|\bconsole\s*\.|\bperformance\b|\bglobalThis\b/;

  test.each([
    ['const a = Date.now()', true],
    ['new Date()', true],
    ['process.env.X', true],
    ['new Date(0)', false],
    ['policy.process', false],
  ])('the net for clocks and environment catches %j: %s', (line, caught) => {
    expect(IMPURE.test(line)).toBe(caught);
  });

  test('core and the Pulumi program have no clock, chance, environment or output', () => {
    expect(pureFiles.length).toBeGreaterThan(40);
    expect(pureFiles.filter((path) => IMPURE.test(code(path)))).toEqual([]);
  });

  test('say in their first line what they are', () => {
    const shebang = /^#!.*\n/;
    expect(sources.filter((path) => !/^\/\/ \S.{15,}/.test(text(path).replace(shebang, '')))).toEqual([]);
  });

  test(`have at most ${LONGEST} lines`, () => {
    expect(sources.filter((path) => text(path).split('\n').length - 1 > LONGEST)).toEqual([]);
  });

  test('use no any, no enum, no namespace, no non-null assertion', () => {
    const banned =
      /(?::|<|,|\bas|\|)\s*any\b|\bany\[\]|^\s*(?:export\s+)?(?:const\s+)?enum\s|\bnamespace\s+\w+\s*\{|[\w)\]]!(?:\.|;|,|\)|\[)|@ts-(?:ignore|nocheck|expect-error)/m;
    expect(sources.filter((path) => banned.test(code(path)))).toEqual([]);
  });

  test('are named for what they hold, in kebab case', () => {
    const wrong = sources.filter((path) => {
      const name = path.split('/').at(-1) ?? '';
      return (
        !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name) || /^(utils?|helpers?|common|types|misc|shared)\.ts$/.test(name)
      );
    });
    expect(wrong).toEqual([]);
  });
});
