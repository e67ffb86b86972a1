// Grant files: what is one, and what somebody is told who wrote it wrongly or with bad intent.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { grantIdOfPath, parseGrant } from '../../../app/core/grant/parse.ts';

const FIELDS = {
  requester: 'octocat',
  account: 'prod-payments',
  role: 'admin',
  duration: '2h',
  reason: 'Primary database refuses connections',
};
const PATH = 'grants/2026-11-22-db-down.yaml';

function sentences(text: string, path = PATH): readonly string[] {
  const parsed = parseGrant(path, Buffer.from(text));
  return parsed.kind === 'ok' ? [] : parsed.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const written = (fields: Record<string, unknown>) =>
  Object.entries(fields)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');

test('a grant is read', () => {
  expect(parseGrant(PATH, Buffer.from(written({ ...FIELDS, incident: 'INC-1234' })))).toEqual({
    kind: 'ok',
    value: { id: '2026-11-22-db-down', ...FIELDS, incident: 'INC-1234', seconds: 7200 },
  });
});

test('all mistakes are told at once, each with its place and what to write', () => {
  expect(
    sentences('requestr: octocat\naccount: prod payments\nrole:\nduration: 120\nreason: ""\nincident: INC 1\n'),
  ).toEqual([
    '1:1 The key "requester" is missing. Add a line such as: requester: octocat',
    '1:1 Unknown key "requestr". Did you mean "requester"?',
    '2:10 account "prod payments" does not fit. Write a name in policies/accounts.yaml. For example: prod-payments',
    '3:6 role is empty; text is needed. Write a name in policies/roles.yaml. For example: admin',
    '4:11 duration must be text, not 120. Write days, hours, minutes and seconds, each at most once, the largest first, without spaces. For example: 2h',
    '5:9 reason is empty. Write why the access is needed, on one line of at most 500 characters. For example: Primary database refuses connections',
    '6:11 incident "INC 1" does not fit. Write the number of the incident: letters, digits and . _ / # -. For example: INC-1234',
  ]);
});

describe('a field is refused', () => {
  test.each<[string, string, RegExp]>([
    ['requester', '"@octocat"', /without @/],
    ['requester', '-octocat', /does not fit/],
    ['requester', `${'a'.repeat(40)}`, /does not fit/],
    ['requester', 'dependabot[bot]', /does not fit/],
    ['requester', 'ocτοcat', /does not fit/],
    ['requester', '12345', /must be text. Write it in quotes: "12345"/],
    ['requester', '[octocat]', /must be text, not a list/],
    ['role', 'Admin', /does not fit/],
    ['role', '../admin', /does not fit/],
    ['role', '"*"', /does not fit/],
    ['role', 'true', /must be text. Write it in quotes: "true"/],
    ['account', '"111122223333 "', /does not fit/],
    ['account', 'аdmin', /does not fit/],
    ['duration', '2 hours', /"2 hours" does not fit/],
    ['duration', '1.5h', /does not fit/],
    ['duration', '-2h', /does not fit/],
    ['duration', '9999999h', /longer than 31 days/],
    ['duration', '99999999999999999999h', /does not fit/],
    ['duration', '1e3', /can be read in two ways/],
    ['duration', '{h: 2}', /not a mapping/],
    ['reason', '"a\\nApproved-By: me"', /on one line/],
    ['reason', '|\n  a\n  b', /on one line/],
    ['reason', '" "', /does not fit/],
    ['reason', '"a "', /does not fit/],
    ['reason', 'x'.repeat(501), /more than 500 characters/],
    ['reason', '"\\u202Egnp.exe"', /U\+202E/],
    ['reason', 'a\u2066b', /U\+2066/],
    ['reason', 'a\u200bb', /U\+200B/],
    ['reason', 'a\u00adb', /U\+00AD/],
    ['reason', '"a\\u0085b"', /U\+0085/],
    ['reason', '"a\\u2029b"', /U\+2029/],
    ['reason', 'true', /must be text. Write it in quotes: "true"/],
    ['incident', '-1', /must be text/],
    ['incident', '-INC', /does not fit/],
    ['incident', 'INC(1)', /does not fit/],
    ['incident', 'a'.repeat(65), /does not fit/],
    ['expires_at', '2026-11-22', /Unknown key "expires_at"/],
    ['__proto__', '{}', /Unknown key "__proto__"/],
    ['constructor', 'x', /Unknown key "constructor"/],
  ])('%s: %s', (key, value, sentence) => {
    expect(
      sentences(written({ ...FIELDS, [key]: undefined, ...Object.fromEntries([[key, value]]) })).join('\n'),
    ).toMatch(sentence);
  });

  test.each(Object.keys(FIELDS))('%s is missing', (key) => {
    const { [key]: _, ...rest } = { ...FIELDS } as Record<string, string>;
    expect(sentences(written(rest))).toEqual([expect.stringContaining(`The key "${key}" is missing.`)]);
  });
});

test.each(['octocat', 'a', 'A-b-C', 'legacy-', 'mona_acme', 'a'.repeat(39)])('%s is a login', (requester) => {
  expect(sentences(written({ ...FIELDS, requester }))).toEqual([]);
});

test.each(['yes', '500 emoji 👍', 'Größe 大小', '"a: b # c"', "it's down", 'x'.repeat(500)])(
  '%s is a reason',
  (reason) => {
    expect(sentences(written({ ...FIELDS, reason }))).toEqual([]);
  },
);

test('a file of more than 16 KiB is refused', () => {
  expect(sentences(`${written(FIELDS)}#${'x'.repeat(16 * 1024)}`)).toEqual([
    expect.stringContaining('at most 16384 are allowed'),
  ]);
});

test('a pointer of Git LFS, which stands for content elsewhere, is refused', () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 120\n`;
  expect(sentences(pointer).length).toBeGreaterThan(0);
});

test.each([
  ['grants/abc.yaml', 'abc'],
  ['grants/2026-11-22-db-down.yaml', '2026-11-22-db-down'],
  [`grants/${'a'.repeat(63)}.yaml`, 'a'.repeat(63)],
  ['grants/con.yaml', 'con'],
])('%s names %s', (path, id) => {
  expect(grantIdOfPath(path)).toBe(id);
});

const STRANGE_PATHS = [
  'grants/ab.yaml',
  `grants/${'a'.repeat(64)}.yaml`,
  'grants/Abc.yaml',
  'Grants/abc.yaml',
  'GRANTS/ABC.YAML',
  'grants/abc.yml',
  'grants/abc.YAML',
  'grants/abc',
  'grants/abc.yaml.bak',
  'grants/-abc.yaml',
  'grants/a_bc.yaml',
  'grants/a.b.yaml',
  'grants/.abc.yaml',
  'grants/../abc.yaml',
  'grants/../policies/rules.yaml',
  'grants/x/abc.yaml',
  'grants//abc.yaml',
  './grants/abc.yaml',
  '/grants/abc.yaml',
  'x/grants/abc.yaml',
  'grants\\abc.yaml',
  'grants/abc.yaml\n',
  '\ngrants/abc.yaml',
  'grants/abc.yaml\0',
  'grants/abc\0.yaml',
  'grants/аbс.yaml',
  'grants/ａｂｃ.yaml',
  'grants/abc\u200b.yaml',
  'grants/e\u0301abc.yaml',
  'grants/ſabc.yaml',
  'grants/K123.yaml',
  'grants/abc.yaml ',
  'grants/README.md',
  'grants',
  '',
];

test.each(STRANGE_PATHS)('%j is no grant', (path) => {
  expect(grantIdOfPath(path)).toBeNull();
  expect(sentences(written(FIELDS), path)).toEqual([
    expect.stringContaining('0:0 A grant is a file grants/<id>.yaml.'),
  ]);
});

test('property: whatever fits the fields comes back from YAML as it was', () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
  const fields = fc.record({
    requester: fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,20}$/),
    account: name,
    role: name,
    duration: fc.constantFrom('90s', '15m', '2h', '1h30m', '1d'),
    reason: fc
      .string({ unit: fc.constantFrom(...'ab: #*&!|>\'"%@`{}[],-?~0é大👍'), minLength: 1, maxLength: 60 })
      .map((text) => `x${text}x`),
  });
  fc.assert(
    fc.property(fields, (wanted) => {
      const parsed = parseGrant(PATH, Buffer.from(stringify(wanted)));
      expect(parsed.kind === 'ok' ? parsed.value : parsed.problems).toMatchObject(wanted);
    }),
  );
});

test('a duration that is too long and a path that is no grant are told together, each with its place', () => {
  const text = written({ ...FIELDS, duration: '32d' });
  const path =
    'A grant is a file grants/<id>.yaml. The id has 3 to 63 lower-case letters, digits and hyphens and does not start with a hyphen.';
  expect(parseGrant(PATH, Buffer.from(text)).kind).toBe('invalid');
  expect(sentences(text)).toEqual(['4:11 duration is longer than 31 days.']);
  expect(sentences(text, 'grants/Odd.yaml')).toEqual([`0:0 ${path}`, '4:11 duration is longer than 31 days.']);
  expect(sentences(written(FIELDS), 'grants/Odd.yaml')).toEqual([`0:0 ${path}`]);
  expect(sentences('a: [', 'grants/Odd.yaml')[0]).toBe(`0:0 ${path}`);
  expect(sentences(written({ ...FIELDS, admin: true }), 'grants/Odd.yaml')[0]).toBe(`0:0 ${path}`);
});
