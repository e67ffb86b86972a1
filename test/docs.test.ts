// The documents tell the truth: every example parses, every name exists, every list is complete.
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../app/config.ts';
import { IGNORED_CODES } from '../app/core/decision/approval.ts';
import { VIOLATION_CODES } from '../app/core/decision/violation.ts';
import type { Grant } from '../app/core/grant/grant.ts';
import { parseGrant } from '../app/core/grant/parse.ts';
import { parsePolicy } from '../app/core/policy/parse.ts';
import { ALARM_CODES } from '../app/reconcile/alarm-codes.ts';
import { examplePolicyFiles } from './core/policy/example-policy.ts';
import { anchors, blocks, codeWords, DOCUMENTS, links, read, root, sources, table } from './markdown.ts';
import { metricNames, metricsOfEverything } from './server/scraped.ts';

const yamlBlocks = DOCUMENTS.flatMap((document) =>
  blocks(document).flatMap(({ language, text }) => (language === 'yaml' ? [{ document, text }] : [])),
);

/** An example says in a comment which file it is. */
function fileOf(text: string): string {
  return /^# ((?:grants|policies)\/[\w-]+\.yaml)/m.exec(text)?.[1] ?? 'an example that names no file';
}

function grantIn(document: string): Grant {
  const block = yamlBlocks.find((one) => one.document === document && fileOf(one.text).startsWith('grants/'));
  const parsed = parseGrant(fileOf(block?.text ?? ''), Buffer.from(block?.text ?? ''));
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

describe('examples', () => {
  test.each(yamlBlocks)('of $document are taken by the real parser', ({ text }) => {
    const file = fileOf(text);
    const parsed = file.startsWith('policies/')
      ? parsePolicy(new Map([...examplePolicyFiles(), [file.slice('policies/'.length), Buffer.from(text)]]))
      : parseGrant(file, Buffer.from(text));
    expect(parsed).toMatchObject({ kind: 'ok' });
  });

  test('are there, and the grant is the same one everywhere', () => {
    expect(yamlBlocks.length).toBeGreaterThanOrEqual(3);
    expect(grantIn('README.md')).toEqual(grantIn('grants/README.md'));
  });
});

describe('links and names', () => {
  test.each(DOCUMENTS)('%s: its links lead somewhere', (document) => {
    for (const { path, anchor } of links(document)) {
      expect(existsSync(new URL(path, root)), path).toBe(true);
      if (anchor !== '') expect(anchors(path), `${path}#${anchor}`).toContain(anchor);
    }
  });

  test.each(DOCUMENTS)('%s: the files and folders that it names exist', (document) => {
    const paths = codeWords(read(document)).filter((word) =>
      /^(app|test|pulumi|policies|grants)\/[\w./-]*$/.test(word),
    );
    for (const path of paths) expect(existsSync(new URL(path, root)), path).toBe(true);
  });

  test('ARCHITECTURE.md is short and names every folder of the code', () => {
    const text = read('ARCHITECTURE.md');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
    const folders = ['app', 'app/core'].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, root), { withFileTypes: true }).flatMap((one) =>
        one.isDirectory() ? [`${folder}/${one.name}/`] : [],
      ),
    );
    for (const folder of folders) expect(text, folder).toContain(`\`${folder}\``);
  });

  test('the scripts of package.json that documents name exist', () => {
    const { scripts, version } = parse(read('package.json')) as { scripts: Record<string, string>; version: string };
    const named = DOCUMENTS.flatMap((document) =>
      [...read(document).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name),
    );
    expect(named).toContain('demo');
    for (const name of [...named, 'start', 'test']) expect(Object.keys(scripts)).toContain(name);
    expect(read('CHANGELOG.md')).toContain(`## ${version}\n`);
  });
});

describe('the environment', () => {
  const rows = table('README.md', 'variable').map(([names = '', otherwise = '']) => ({
    names: codeWords(names),
    otherwise,
  }));
  const listed = rows.flatMap((row) => row.names);

  test('README lists what the configuration reads, and nothing else', () => {
    const asked = new Set<string>();
    const env = new Proxy({}, { get: (_, name) => void asked.add(String(name)) });
    readConfig(env);
    // Read by the search for the engine, and not by the server.
    expect(read('app/engine/pulumi-cli.ts')).toContain('env.BREAKGLASS_CACHE');
    expect(listed.toSorted()).toEqual([...asked, 'BREAKGLASS_CACHE'].toSorted());
    const mentioned = DOCUMENTS.flatMap((document) => read(document).match(/\bBREAKGLASS_[A-Z_]+/g) ?? []);
    expect(mentioned.filter((name) => !listed.includes(name))).toEqual([]);
  });

  test('what it calls required is required', () => {
    const answer = readConfig({});
    const missing = answer.kind === 'invalid' ? answer.problems.map((problem) => problem.split(' ')[0]) : [];
    const required = rows.flatMap(({ names, otherwise }) => (otherwise === 'required' ? names.slice(0, 1) : []));
    expect(missing.toSorted()).toEqual(required.toSorted());
  });

  test('its defaults are the defaults', () => {
    const defaults = Object.fromEntries(rows.map(({ names, otherwise }) => [names[0], codeWords(otherwise)[0]]));
    const env = { ...defaults, BREAKGLASS_REPOSITORY: 'acme/access' };
    const [given, left] = [readWith(env), readWith({})];
    for (const key of [
      'github',
      'repository',
      'listen',
      'passMs',
      'proofGapMs',
      'orphanMs',
      'answerMs',
      'drainMs',
      'logLevel',
      'dataDir',
    ] as const)
      expect(given[key], key).toEqual(left[key]);
  });
});

function readWith(env: Readonly<Record<string, string | undefined>>) {
  const needed = {
    BREAKGLASS_REPOSITORY: 'acme/access',
    BREAKGLASS_REPOSITORY_ID: '1',
    BREAKGLASS_APP_ID: '1',
    BREAKGLASS_PRIVATE_KEY: 'key',
    BREAKGLASS_WEBHOOK_SECRET: 'a secret of some length',
    BREAKGLASS_GENESIS: '0'.repeat(40),
    BREAKGLASS_KEY_FINGERPRINTS: '0'.repeat(64),
    BREAKGLASS_SIGNING_KEY: 'key',
  };
  const optional = Object.entries(env).filter(([name, value]) => value !== undefined && !(name in needed));
  const answer = readConfig({ ...needed, ...Object.fromEntries(optional) });
  if (answer.kind === 'invalid') throw new Error(answer.problems.join('\n'));
  return answer.config;
}

describe('lists', () => {
  test('every code of a denial, and of an approval that did not count', () => {
    const codes = table('README.md', 'about').flatMap(([, cell = '']) => codeWords(cell));
    expect(codes.toSorted()).toEqual([...VIOLATION_CODES].toSorted());
    const paragraph = /An approval that was not counted[\s\S]*?\n\n/.exec(read('README.md'))?.[0] ?? '';
    expect(codeWords(paragraph).toSorted()).toEqual([...IGNORED_CODES].toSorted());
  });

  test('every alarm', () => {
    const rows = table('README.md', 'alarm').flatMap(([name = '']) => codeWords(name));
    expect(rows.toSorted()).toEqual([...ALARM_CODES].toSorted());
    // None goes by another way than the module that opens and closes them.
    expect(sources('app').filter((file) => /\balarm: ['"`]/.test(read(file)))).toEqual([]);
  });

  test('every metric, with its labels', async () => {
    const listed = table('README.md', 'metric').map(([name = '']) => codeWords(name)[0]);
    const offered = metricNames(await metricsOfEverything());
    expect(listed.toSorted()).toEqual(offered.toSorted());
  });

  test('headlines are those that people see', () => {
    const shown = ['app/github/report.ts', 'app/github/grant-report.ts', 'app/reconcile/merged.ts']
      .map(read)
      .join('\n');
    const headlines = table('README.md', 'headline').map(([name = '']) => name);
    expect(headlines.length).toBeGreaterThan(10);
    const missing = headlines.filter(
      (headline) => !["'", '`', '*'].some((before) => shown.includes(`${before}${headline}`)),
    );
    expect(missing).toEqual([]);
  });
});
