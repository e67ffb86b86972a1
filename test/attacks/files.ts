// What a branch can hold: paths, modes and bytes that one reader takes for a grant and another for something else.

import type { FileChange, Files } from '../sandbox/github/index.ts';
import { ACCOUNTS } from '../sandbox/organisation.ts';
import { type GrantFile, grantYaml } from '../scenarios/stage.ts';
import type { Attack, Refusal } from './attack.ts';
import type { World } from './world.ts';

const GRANT = grantYaml();
const COMMIT = '0123456789012345678901234567890123456789';

const branch = (name: string, refusedWith: Attack['refusedWith'], files: (id: string) => Files): Attack => ({
  name,
  refusedWith,
  files,
});
/** A grant under another path. */
const path = (name: string, where: string, refusedWith: Refusal = 'bad-path'): Attack =>
  branch(name, refusedWith, () => ({ [where]: GRANT }));
/** The right path, with something else in it. */
const content = (
  name: string,
  what: FileChange | ((id: string) => FileChange),
  refusedWith: Refusal = 'unreadable-grant',
) => branch(name, refusedWith, (id) => ({ [`grants/${id}.yaml`]: typeof what === 'function' ? what(id) : what }));
/** A grant in which one value is written otherwise. */
const value = (name: string, grant: GrantFile, refusedWith: Refusal = 'unreadable-grant') =>
  content(name, grantYaml(grant), refusedWith);
/** A grant and something beside it. */
const beside = (name: string, files: Files, refusedWith: Refusal) =>
  branch(name, refusedWith, (id) => ({ [`grants/${id}.yaml`]: GRANT, ...files }));
const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

const PATHS: readonly Attack[] = [
  path('the ending in capitals', 'grants/payments.YAML'),
  path('the other ending', 'grants/payments.yml'),
  path('two endings', 'grants/payments.yaml.yaml'),
  path('no ending', 'grants/payments'),
  path('an ending and a blank', 'grants/payments.yaml '),
  path('the folder in capitals, a twin on a Mac', 'Grants/payments.yaml'),
  path('the folder in full-width letters', 'ｇｒａｎｔｓ/payments.yaml'),
  path('the id in capitals', 'grants/Payments.yaml'),
  path('the id with a Cyrillic letter', 'grants/pаyments.yaml'),
  path('the id with a composed letter', 'grants/pâyments.yaml'),
  path('the id with the same letter decomposed', 'grants/pâyments.yaml'),
  path('the id with a zero-width space', 'grants/pay​ments.yaml'),
  path('the id turned around', 'grants/‮stnemyap.yaml'),
  path('the id with a line break', 'grants/pay\nments.yaml'),
  path('the id with a tab', 'grants/pay\tments.yaml'),
  path('the id with a control character', 'grants/pay\u0001ments.yaml'),
  path('the id with an escape sequence for terminals', 'grants/\u001b[2Jpayments.yaml'),
  path('the id with two dots', 'grants/pay..ments.yaml'),
  path('the id that is two dots', 'grants/...yaml'),
  path('the id with a backslash, a folder on Windows', 'grants\\payments.yaml', 'waiting'),
  path('the id with an underscore', 'grants/pay_ments.yaml'),
  path('the id with a leading hyphen, an option to a careless tool', 'grants/-rf.yaml'),
  path('the id of two characters', 'grants/ab.yaml'),
  path('the id of 64 characters', `grants/${'a'.repeat(64)}.yaml`),
  path('no id', 'grants/.yaml'),
  path('a folder below grants/', 'grants/team/payments.yaml'),
  path('a folder with the name of a grant', 'grants/payments.yaml/payments.yaml'),
  path('the README in capitals', 'grants/README.MD'),
  path("Git's own attributes below grants/", 'grants/.gitattributes'),
  branch('grants as a file', 'mixed-change', () => ({ 'grants/README.md': null, grants: GRANT })),
];

const MODES: readonly Attack[] = [
  content('a symbolic link to a grant', { mode: '120000', content: 'README.md' }, 'not-a-plain-file'),
  content('a symbolic link to /etc/passwd', { mode: '120000', content: '/etc/passwd' }, 'not-a-plain-file'),
  content('a symbolic link whose text is a grant', { mode: '120000', content: GRANT }, 'not-a-plain-file'),
  content('a submodule', { mode: '160000', content: COMMIT }, 'not-a-plain-file'),
  content('an executable', { mode: '100755', content: GRANT }, 'not-a-plain-file'),
];

const BESIDE: readonly Attack[] = [
  beside('a grant and the rule that allows it', { 'policies/rules.yaml': 'rules: []\n' }, 'mixed-change'),
  beside('a grant and a line in the README', { 'README.md': '# Hello\n' }, 'mixed-change'),
  beside('a grant and a workflow', { '.github/workflows/x.yaml': 'on: push\n' }, 'mixed-change'),
  beside(
    'a grant and submodules',
    { '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = https://example.com/x\n' },
    'mixed-change',
  ),
  beside("a grant and Git's attributes", { '.gitattributes': '*.yaml -diff\n' }, 'mixed-change'),
  beside("a grant and a change to grants' README", { 'grants/README.md': '# Else\n' }, 'mixed-change'),
  beside("a grant and the end of grants' README", { 'grants/README.md': null }, 'mixed-change'),
  beside('two grants', { 'grants/second.yaml': GRANT }, 'several-grants'),
  beside('two grants, one under a twin of the folder', { 'GRANTS/second.yaml': GRANT }, 'several-grants'),
  beside('a grant and a hidden file', { 'grants/.hidden': 'x\n' }, 'several-grants'),
];

const BYTES: readonly Attack[] = [
  content('nothing', ''),
  content('only a line break', '\n'),
  content('only a comment', '# requester: octocat\n'),
  content(
    'a pointer of Git LFS',
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 120\n`,
  ),
  content('17 KiB', `${GRANT}# ${'x'.repeat(17 * 1024)}\n`),
  content('two million bytes', `${GRANT}# ${'x'.repeat(2_000_000)}\n`),
  content('a byte order mark', bytes([0xef, 0xbb, 0xbf], GRANT)),
  content('UTF-16, little end first', bytes([0xff, 0xfe], Array.from(Buffer.from(GRANT, 'utf16le')))),
  content('UTF-16, big end first', bytes([0xfe, 0xff], Array.from(Buffer.from(GRANT, 'utf16le').swap16()))),
  content('UTF-16 without a mark', Buffer.from(GRANT, 'utf16le')),
  content('Latin-1', bytes(GRANT.replace('\n', '\n# '), [0xe9], '\n')),
  content('an overlong slash', bytes(GRANT, '# ', [0xc0, 0xaf], '\n')),
  content('half a surrogate pair', bytes(GRANT, '# ', [0xed, 0xa0, 0x80], '\n')),
  content('a NUL', bytes(GRANT, '# ', [0], '\n')),
  content('a lone carriage return that hides a line', GRANT.replace('duration: 1h', 'duration: 1h #\rduration: 2h')),
  content('a next-line character', GRANT.replace('reason: ', 'reason: x\u0085')),
  content('a line separator', GRANT.replace('reason: ', 'reason: x\u2028')),
  content('text that runs backwards', GRANT.replace('reason: ', 'reason: \u202e')),
  content('an isolate that hides what follows', GRANT.replace('reason: ', 'reason: \u2066x\u2069')),
  content('a zero-width space in the login', GRANT.replace('octocat', 'octo\u200bcat')),
  content('a soft hyphen in the role', GRANT.replace('role: admin', 'role: ad\u00admin')),
  content('letters that only a machine sees', GRANT.replace('reason: ', 'reason: x\u{e0041}\u{e0042}')),
];

const SYNTAX: readonly Attack[] = [
  content('an anchor', GRANT.replace('account: ', 'account: &a ')),
  content('an alias', `${GRANT.replace('account: ', 'account: &a ')}x: *a\n`),
  content(
    'a billion laughs',
    `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n`,
  ),
  content('a merge key', `${GRANT}<<: { role: admin }\n`),
  content('a tag of YAML itself', GRANT.replace('duration: ', 'duration: !!str ')),
  content('a binary value', GRANT.replace('role: admin', 'role: !!binary YWRtaW4=')),
  content('a tag that makes an object', GRANT.replace('role: admin', 'role: !ruby/object:Admin {}')),
  content('a directive', `%YAML 1.1\n---\n${GRANT}`),
  content('a role twice, the last one counts', `${GRANT}role: admin\n`),
  content('a role twice, once in quotes', `${GRANT}"role": admin\n`),
  content('a role twice, once as an escape', `${GRANT}"r\\x6fle": admin\n`),
  content('two documents', `${GRANT}---\n${GRANT}`),
  content('a document after the end', `${GRANT}...\n${GRANT}`),
  content('a key that nobody knows', `${GRANT}approved: true\n`),
  content('a key of every object', `${GRANT}__proto__: { role: admin }\n`),
  content('a key that is a list', `${GRANT}? [role]\n: admin\n`),
  content('a list of grants', GRANT.replace(/^/gm, '  ').replace('  requester', '- requester').trimEnd()),
  content('a word', 'admin\n'),
  content('a thousand brackets', `${GRANT}x: ${'['.repeat(1000)}${']'.repeat(1000)}\n`),
  content('a tab for an indent', `${GRANT}x:\n\ty: 1\n`),
];

const VALUES: readonly Attack[] = [
  ...[
    '0s',
    '0h',
    '-1h',
    '+1h',
    '1.5h',
    '3600',
    '1h 30m',
    '30m1h',
    '1H',
    '1hour',
    '01h',
    '１h',
    '1e3s',
    '0x10m',
    'PT1H',
    '~',
    'forever',
  ].map((duration) => value(`the duration ${duration}`, { duration })),
  value('a duration that no number holds', { duration: `${'9'.repeat(30)}d` }),
  value('a duration of 32 days', { duration: '32d' }),
  value('a second more than the rule allows', { duration: '2h1s' }, 'too-long'),
  value('as long as the file format allows', { duration: '31d' }, 'too-long'),
  value('a second less than the rule asks', { duration: '4m59s' }, 'too-short'),
  value('an account by its number', { account: ACCOUNTS.payments }),
  value('an account in capitals', { account: 'PROD-PAYMENTS' }),
  value('an account by label, as rules name them', { account: 'label:prod' }),
  value('every account', { account: '"*"' }),
  value('two accounts', { account: '[prod-payments, prod-web]' }),
  value('an account that nobody knows', { account: 'prod-paymets' }, 'unknown-account'),
  value('an account named like a property of every object', { account: 'constructor' }, 'unknown-account'),
  value('the management account', { account: 'management' }, 'control-plane-account'),
  value('an account that no rule gives', { account: 'staging' }, 'no-rule'),
  value('a role that nobody knows', { role: 'root' }, 'unknown-role'),
  value('a role named like a property of every object', { role: 'valueof' }, 'unknown-role'),
  value('a role with a Cyrillic letter', { role: 'аdmin' }),
  value('an empty reason', { reason: '""' }),
  value('a reason of 501 characters', { reason: 'x'.repeat(501) }),
  value('a reason of two lines', { reason: '"one\\ntwo"' }),
  value('a reason that is a number', { reason: '1e3' }),
  value('a rule that needs an incident, without one', { incident: '""' }),
  value('an incident with a line break', { incident: '"INC-1\\nApproved-By: x"' }),
  content('no incident at all', GRANT.replace('incident: INC-1\n', ''), 'incident-required'),
  content('no duration at all', GRANT.replace('duration: 1h\n', '')),
  value('access for somebody else', { requester: 'hubot' }, 'not-the-requester'),
  value('access for a mention', { requester: '"@octocat"' }),
  value('access for the app', { requester: '"breakglass[bot]"' }),
  value('access for a look-alike', { requester: 'oct0cat' }, 'not-the-requester'),
  value('access for a number', { requester: '583231' }),
];

const HONEST: readonly Attack[] = [
  content(
    'the same as JSON, with a login in other letters',
    (id) =>
      `{"requester": "OctoCat", "account": "prod-payments", "role": "admin", "duration": "1h30m", "reason": "All of ${id} is honest", "incident": "INC-1"}\n`,
    'waiting',
  ),
].map((attack) => ({ ...attack, refusedWith: 'granted' }));

export const files: World = {
  name: 'files',
  withoutAws: true,
  attacks: [...PATHS, ...MODES, ...BESIDE, ...BYTES, ...HONEST],
};

export const contents: World = {
  name: 'contents',
  withoutAws: true,
  attacks: [...SYNTAX, ...VALUES, ...HONEST],
};
