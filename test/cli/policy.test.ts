// `breakglass policy`: lint, test and replay over folders, commits and signed histories; output and exit codes.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EXIT, exitCodeHelp, exitCodeOf } from '../../app/cli/exit-codes.ts';
import { addPolicy } from '../../app/cli/policy.ts';
import { type SignedHistory, signedHistory } from '../audit/signed-history.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let history: SignedHistory;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakglass-policy-'));
  history = await signedHistory();
  history.grant('first', 1);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  history.discard();
});

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  let code: number = EXIT.ok;
  const terminal = {
    out: (line: string) => void out.push(line),
    note: (line: string) => void notes.push(line),
    tone: (_: string, text: string) => text,
    now: () => new Date('2026-11-22T03:40:00Z'),
  };
  const program = new Command('breakglass').exitOverride().configureOutput({ writeOut: (text) => void out.push(text) });
  addPolicy(program, {
    terminal,
    run: async (work) => {
      code = await work();
    },
  });
  try {
    await program.parseAsync(['node', 'breakglass', 'policy', ...args]);
  } catch (error) {
    code = error instanceof CommanderError ? error.exitCode : exitCodeOf(error);
    notes.push(error instanceof Error ? error.message : '');
  }
  return { code, out: out.join('\n'), notes: notes.join('\n') };
}

/** A copy of our own policy with one text in place of another. */
function copy(name: string, file: string, before: string, after: string): string {
  const dir = join(folder, name);
  cpSync(join(ROOT, 'policies'), join(dir, 'policies'), { recursive: true });
  const path = join(dir, 'policies', file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(before);
  writeFileSync(path, text.replace(before, after));
  return dir;
}

test.each(['lint', 'test', 'replay'])('%s has examples of itself and the exit codes', async (name) => {
  const { code, out } = await run(name, '--help');
  expect(code).toBe(EXIT.ok);
  expect(out).toMatch(new RegExp(`Examples:\\n  # .+\\n  breakglass policy ${name}`));
  expect(out).toContain(exitCodeHelp());
});

describe('lint', () => {
  test('of our own policy: a warning, and 0', async () => {
    const { code, out } = await run('lint', '--repo', ROOT);
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(
      /^warning policies\/roles\.yaml:\d+ guards-dropped\n {2}Role "identity-repair" drops the guard/,
    );
    expect(out).toContain(`0 errors, 1 warning in ${join(ROOT, 'policies')}.`);
  });

  test('--strict makes a warning something to look at', async () => {
    expect((await run('lint', '--repo', ROOT, '--strict')).code).toBe(EXIT.attention);
  });

  test('an error is 1, with the line, as JSON too', async () => {
    const dir = copy('unreachable', 'rules.yaml', 'requesters: [team:sre]\n', 'requesters: [team:sre]\n    # none\n');
    const path = join(dir, 'policies/rules.yaml');
    const again = '  - { name: late, roles: [read-only], accounts: ["*"], requesters: [team:sre], approvals: [] }\n';
    writeFileSync(path, `${readFileSync(path, 'utf8')}${again}`);
    const line =
      readFileSync(path, 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('name: late')) + 1;
    const { code, out } = await run('lint', '--repo', dir);
    expect(code).toBe(EXIT.attention);
    expect(out).toContain(`error policies/rules.yaml:${line} unreachable-rule`);
    const json = JSON.parse((await run('lint', '--repo', dir, '--json')).out);
    expect(json.findings[0]).toMatchObject({ code: 'unreachable-rule', severity: 'error', line });
  });

  test('--members tells who is in which team', async () => {
    const file = join(folder, 'teams.yaml');
    writeFileSync(file, 'sre: [octocat]\nengineering: [hubot]\nincident-commanders: []\n');
    const { code, out } = await run('lint', '--repo', ROOT, '--members', file);
    expect(code).toBe(EXIT.attention);
    expect(out).toContain('nobody-can-approve');
    expect(out).toContain('empty-team');
    writeFileSync(file, 'ser: [octocat]\n');
    expect(await run('lint', '--repo', ROOT, '--members', file)).toMatchObject({
      code: EXIT.usage,
      notes: `${file}:1:1: There is no team "ser" under teams in policies/settings.yaml.`,
    });
    expect(await run('lint', '--repo', ROOT, '--members', '/nonexistent')).toMatchObject({ code: EXIT.usage });
  });

  describe('--github', () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await startSandbox();
      for (const [name, value] of Object.entries(sandbox.environment())) vi.stubEnv(name, value);
      vi.stubEnv('BREAKGLASS_LOG_LEVEL', 'error');
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await sandbox.close();
    });

    test('asks who is in which team, and writes nothing', async () => {
      const before = await run('lint', '--repo', ROOT, '--github');
      expect(before).toMatchObject({ code: EXIT.ok, notes: '' });
      expect(before.out).not.toContain('team "');
      const { teams } = sandbox.github;
      teams.remove('incident-commanders', 'hubot-boss');
      teams.create('night-watch', 4_100_010, ['mallory'], 4_100_002);
      teams.recreate('engineering', 4_100_011, ['hubot']);
      const { code, out } = await run('lint', '--repo', ROOT, '--github');
      expect(code).toBe(EXIT.attention);
      expect(out).toContain('Nothing is known of team "engineering"');
      expect(out).toContain('Team "incident-commanders" has child teams');
      expect(out).not.toContain('nobody-can-approve');
      const strict = copy(
        'direct',
        'settings.yaml',
        'incident-commanders: 4100002',
        'incident-commanders: { id: 4100002, children: false }',
      );
      const direct = await run('lint', '--repo', strict, '--github');
      expect(direct.out).toContain('can be approved only with @octo-lead');
      expect(direct.out).not.toContain('has child teams');
      teams.remove('incident-commanders', 'octo-lead');
      const empty = (await run('lint', '--repo', strict, '--github')).out;
      expect(empty).toContain('Team "incident-commanders" is empty');
      expect(empty).toContain('Nobody can ever approve under rule "production-admin"');
      const writes = sandbox.github.requests.filter(
        ({ method, path }) => method !== 'GET' && !/graphql|access_tokens/.test(path),
      );
      expect(writes).toEqual([]);
    });

    test('says nothing of the policy when GitHub does not answer: 3', async () => {
      sandbox.github.faults.on({ path: /graphql/, times: 9 }, { kind: 'refuse', status: 502 });
      expect(await run('lint', '--repo', ROOT, '--github')).toMatchObject({ code: EXIT.unavailable, out: '' });
      sandbox.github.faults.clear();
    });

    test('needs the configuration, and nobody else to say who is in which team', async () => {
      expect(await run('lint', '--repo', ROOT, '--github', '--members', 'teams.yaml')).toMatchObject({
        code: EXIT.usage,
      });
      vi.stubEnv('BREAKGLASS_APP_ID', '');
      const { code, notes } = await run('lint', '--repo', ROOT, '--github');
      expect(code).toBe(EXIT.usage);
      expect(notes).toContain('BREAKGLASS_APP_ID is missing');
    });
  });

  test('a policy that does not parse: every problem, and 1', async () => {
    const dir = copy('broken', 'rules.yaml', 'team:sre', 'team:ser');
    const { code, out } = await run('lint', '--repo', dir);
    expect(code).toBe(EXIT.attention);
    expect(out).toMatch(/policies\/rules\.yaml:\d+:\d+: There is no team "ser"/);
    expect(out).toContain('does not parse');
    const json = JSON.parse((await run('lint', '--repo', dir, '--json')).out);
    expect(json.problems[0].file).toBe('policies/rules.yaml');
  });

  test('of a commit, of a bare repository by itself, and of nothing', async () => {
    expect((await run('lint', '--repo', history.dir)).out).toContain(`HEAD of ${history.dir}`);
    expect((await run('lint', '--repo', history.dir, '--ref', history.genesis)).code).toBe(EXIT.ok);
    const wrong = await run('lint', '--repo', history.dir, '--ref', 'no-such-branch');
    expect(wrong).toMatchObject({ code: EXIT.usage, out: '' });
    expect(wrong.notes).toContain('cannot be read at no-such-branch');
    const before = await run('lint', '--repo', history.dir, '--ref', `${history.genesis}^`);
    expect(before).toMatchObject({ code: EXIT.usage });
    expect(before.notes).toContain('has no policies/ folder');
  });
});

describe('test', () => {
  test('of our own policy: each by name, and 0', async () => {
    const { code, out } = await run('test', '--repo', ROOT);
    expect(code).toBe(EXIT.ok);
    expect(out).toContain('ok   policies/tests/production.yaml an SRE gets admin with one incident commander');
    expect(out).toMatch(/(\d+) of \1 tests pass in /);
  });

  test('a failure is 1: asked, expected, actual, why', async () => {
    const dir = copy('laxer', 'rules.yaml', 'incident: required', 'incident: required\n    min_duration: 2h');
    const { code, out } = await run('test', '--repo', dir);
    expect(code).toBe(EXIT.attention);
    expect(out).toMatch(
      /FAIL policies\/tests\/production\.yaml:\d+ octocat needs no team for that\n {5}asked +@octocat: admin on prod-web for 1h\n {5}expected +allowed by .*\n {5}actual +denied: too-short\n {5}Rule "production-admin" grants at least 2h/,
    );
    const json = JSON.parse((await run('test', '--repo', dir, '--json')).out);
    expect(json).toMatchObject({ passed: false, problems: [] });
  });

  test('a test that cannot be read is 1, wherever it lies', async () => {
    const dir = copy('unread', 'tests/staging.yaml', 'denied: [too-many-live]', 'denied: [too-many]');
    const { code, out } = await run('test', '--repo', dir);
    expect(code).toBe(EXIT.attention);
    expect(out).toMatch(/policies\/tests\/staging\.yaml:\d+:\d+: .*too-many-live/);
  });

  test('no tests are no success', async () => {
    const dir = copy('none', 'rules.yaml', '', '');
    rmSync(join(dir, 'policies/tests'), { recursive: true });
    expect(await run('test', '--repo', dir)).toMatchObject({
      code: EXIT.attention,
      out: expect.stringContaining('There are no tests'),
    });
  });

  test('of a commit, where a test that became a link is refused and one that lies too deep as well', async () => {
    const dir = copy('commit', 'tests/staging.yaml', 'cases:', 'cases:');
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-C', dir, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
        stdio: 'ignore',
      });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '-m', 'Policy');
    const committed = await run('test', '--repo', dir, '--ref', 'HEAD');
    expect(committed.code).toBe(EXIT.ok);
    expect(committed.out).toMatch(/(\d+) of \1 tests pass in HEAD of /);
    rmSync(join(dir, 'policies/tests/production.yaml'));
    symlinkSync('staging.yaml', join(dir, 'policies/tests/production.yaml'));
    cpSync(join(dir, 'policies/tests/staging.yaml'), join(dir, 'policies/tests/deep/staging.yaml'));
    git('add', '.');
    git('commit', '--quiet', '-m', 'Link');
    const { code, out } = await run('test', '--repo', dir, '--ref', 'HEAD');
    expect(code).toBe(EXIT.attention);
    expect(out).toContain('policies/tests/production.yaml:1:1: The file is empty.');
    expect(out).toContain('policies/tests/deep/staging.yaml is never run');
  });
});

describe('replay', () => {
  test('under its own policy: nothing, and 0; with what it assumes', async () => {
    const { code, out } = await run('replay', '--repo', history.dir);
    expect(code).toBe(EXIT.ok);
    expect(out).toContain(`1 grants replayed under HEAD of ${history.dir}; 0 would be decided otherwise.`);
    expect(out).toContain('- Only what was granted is in the history');
  });

  test('under a folder: the differences, and 1', async () => {
    const dir = copy('closed', 'rules.yaml', 'name: test-admin\n    roles: [admin, ', 'name: test-admin\n    roles: [');
    for (const proposed of [dir, join(dir, 'policies')]) {
      const { code, out } = await run('replay', '--repo', history.dir, '--proposed', proposed);
      expect(code).toBe(EXIT.attention);
      expect(out).toContain(
        'Grant "first" (#42, @octocat) was allowed by rule "test-admin", approved by the rule itself; now denied (no-rule): ',
      );
    }
    const json = JSON.parse((await run('replay', '--repo', history.dir, '--proposed', dir, '--json')).out);
    expect(json).toMatchObject({ replayed: 1, differences: [{ grantId: 'first', kind: 'denied' }], unjudged: [] });
    expect(json.assumes.length).toBeGreaterThan(0);
  });

  test('under a commit, and under none', async () => {
    expect((await run('replay', '--repo', history.dir, '--proposed', history.genesis)).code).toBe(EXIT.ok);
    expect((await run('replay', '--repo', history.dir, '--proposed', 'nothing')).code).toBe(EXIT.usage);
  });
});
