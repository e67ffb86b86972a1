// What every command promises: help with examples and exit codes, wrong usage is 2, an old Node is refused in a sentence.
import { describe, expect, test } from 'vitest';
import { EXIT, exitCodeHelp, exitCodeOf, refusal } from '../../app/cli/exit-codes.ts';
import { refuseOldNode } from '../../app/cli/node-version.ts';
import { run, spawned } from './captured.ts';

const COMMANDS = [
  'start',
  'audit',
  'status',
  'revoke',
  'expire',
  'apply',
  'keys new',
  'keys list',
  'keys rotate',
  'explain',
  'policy lint',
  'policy test',
  'policy replay',
];

describe('help', () => {
  test('lists every command and every exit code', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(EXIT.ok);
    for (const command of COMMANDS) expect(out).toContain(`  ${command.split(' ')[0]} `);
    expect(out).toContain(exitCodeHelp());
  });

  test.each(COMMANDS)('%s has examples of itself and the exit codes', async (command) => {
    const { code, out } = await run([...command.split(' '), '--help']);
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(new RegExp(`Examples:\\n  # .+\\n  breakglass ${command}`));
    expect(out).toContain(exitCodeHelp());
  });

  test('the table names every code once', () => {
    for (const code of Object.values(EXIT))
      expect(exitCodeHelp().match(new RegExp(`^ +${code}  \\S`, 'gm'))).toHaveLength(1);
  });
});

describe('wrong usage is 2, and says what to write', () => {
  test.each([
    [['audti'], "unknown command 'audti'"],
    [['audit', '--at', 'yesterday'], 'Write an ISO time with its zone'],
    [['audit', '--at', '2026-11-22T04:00:00'], 'Write an ISO time with its zone'],
    [['audit', '--verify'], 'give --root, --fingerprint and --repository-id'],
    [['audit', '--root', 'abc123'], 'Write the full id of the commit'],
    [['audit', '--root', 'a'.repeat(40)], 'belong to --verify'],
    [['audit', '--repo', '/nonexistent'], 'Name a clone with --repo'],
    [['revoke', 'some-grant'], "required option '--reason <text>'"],
    [['revoke', 'some-grant', '--reason', ' \u001b '], 'Write why'],
    [['revoke', '--reason', 'x'], 'Name what to end'],
    [['revoke', 'some-grant', '--all', '--reason', 'x'], 'one of them'],
    [['revoke', '--all', '--hold', 'a while', '--reason', 'x'], 'Write a duration'],
    [['apply'], "required option '--grant <id>'"],
    [['keys', 'new', '--id', 'Not An Id'], 'lower-case letters'],
    [['keys', 'new', '--first', '-1'], 'Write a whole number'],
    [['keys', 'rotate'], "required option '--out <file>'"],
    [['explain'], 'one of the two'],
    [['explain', '42', '--facts', 'x.json'], 'one of the two'],
    [['explain', 'forty-two'], 'Write the number'],
    [['explain', '--facts', '/nonexistent'], 'cannot be read'],
  ])('%j', async (args, words) => {
    const { code, out, notes } = await run(args);
    expect(notes).toContain(words);
    expect(out).toBe('');
    expect(code).toBe(EXIT.usage);
  });

  test('commands that run as the app name every mistake of its configuration at once', async () => {
    for (const command of [['start'], ['expire'], ['apply', '--grant', 'some-grant'], ['explain', '42']]) {
      const { code, notes } = await spawned(command);
      expect(code).toBe(EXIT.usage);
      for (const name of ['BREAKGLASS_REPOSITORY', 'BREAKGLASS_APP_ID', 'BREAKGLASS_SIGNING_KEY_FILE'])
        expect(notes).toContain(`- ${name} `);
    }
  });
});

describe('as a process', () => {
  test('its exit code is that of the command, results go to stdout and all else to stderr', async () => {
    expect(await spawned(['--help'])).toMatchObject({ code: 0, notes: '' });
    expect(await spawned(['audti'])).toMatchObject({ code: 2, out: '' });
  });

  test('an old Node is refused before anything that it could not load', async () => {
    const pretend = "Object.defineProperty(process, 'version', { value: 'v20.20.2' })";
    const answer = await spawned(['--help'], {
      nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`],
    });
    expect(answer).toEqual({ code: 2, out: '', notes: 'breakglass needs Node 22.20 or newer; this is v20.20.2\n' });
  });
});

test.each([
  ['v18.20.4', false],
  ['v20.20.2', false],
  ['v22.19.9', false],
  ['v22.20.0', true],
  ['v24.1.0', true],
  ['v100.0.0', true],
])('Node %s is recent enough: %s', (version, recent) => {
  expect(refuseOldNode(version) === null).toBe(recent);
});

test('what the world says is 3, what the language throws is our defect', () => {
  expect(exitCodeOf(refusal(EXIT.attention, 'no'))).toBe(EXIT.attention);
  expect(exitCodeOf(new Error('AWS cannot be reached'))).toBe(EXIT.unavailable);
  expect(exitCodeOf(new TypeError('x is undefined'))).toBe(EXIT.defect);
});
