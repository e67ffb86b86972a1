// The words that people read at 03:00, and that nobody else's words among them are more than text.
import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { describe, expect, test } from 'vitest';
import { decide } from '../../app/core/decision/decide.ts';
import { parseGrant } from '../../app/core/grant/parse.ts';
import { parsePolicy } from '../../app/core/policy/parse.ts';
import { type GrantState, grantComment, standing } from '../../app/github/grant-report.ts';
import { grantText, MARKER, newGrantUrl, type Report, type ReportContext, report } from '../../app/github/report.ts';
import { quoted, relative, sentence, utc } from '../../app/github/text.ts';
import {
  type Asked,
  at,
  boss,
  comment,
  emptyLedger,
  facts,
  HEAD,
  hubot,
  outsider,
  PRODUCTION,
  push,
  world,
} from '../core/decision/facts-builder.ts';
import { HistoryBuilder, hash, grantText as yaml } from '../core/ledger/history-builder.ts';

const CONTEXT: ReportContext = { owner: 'acme', repositoryUrl: 'https://github.com/acme/access', blocked: null };
const say = (asked: Asked = {}, context: Partial<ReportContext> = {}): Report => {
  const known = facts(asked);
  return report(known, decide(known), { ...CONTEXT, ...context });
};
const AFTER_A_PUSH = [push({ after: hash('old') }), push({ before: hash('old'), at: at(1) })];

describe('a request', () => {
  test('waiting: what, who, how, how long', () => {
    const { check, comment: body } = say();
    expect(check).toMatchObject({
      conclusion: 'action_required',
      title: 'Waiting for approval: 1 of team `acme/incident-commanders`',
    });
    expect(body).toBe(`${MARKER}
### admin on prod-payments for octocat, 1h

**Waiting for approval: 1 of team \`acme/incident-commanders\`.**

To approve, look at the file and comment this line by itself:

\`\`\`
/approve-emergency
\`\`\`

\`/reject\` closes the request.

> ⚠️ \`Touches cardholder data. Tell the PCI officer.\`

| | |
|---|---|
| Reason | \`Testing\` |
| Incident | \`INC-1\` |
| Rule | \`production-admin\` |
| Approval | 1 of team \`acme/incident-commanders\` |
| Ends | 1h after the merge |
| This request lapses | 2026-11-22 06:00:00 UTC, 3h after it was opened |
`);
  });

  test.each<readonly [string, Asked, string, readonly string[]]>([
    ['approved', { comments: [comment('/approve-emergency')] }, 'Approved; merging', []],
    ['approved by the rule itself', { text: yaml({}) }, 'Approved; merging', ['| Approval | by the rule itself |']],
    [
      'after a push',
      { pushes: AFTER_A_PUSH },
      'Waiting for approval: 1 of team `acme/incident-commanders`',
      ['There were pushes, so the full commit id says which one you looked at.', `/approve-emergency ${HEAD}`],
    ],
    [
      'one thing wrong',
      { text: yaml({ account: 'prod-payments' }) },
      'Denied: one thing to change',
      ['- Rule "production-admin" needs an incident.', '(`incident-required`)', 'Push the correction to this branch'],
    ],
    [
      'two things wrong',
      { text: yaml({ account: 'prod-payments', duration: '3h' }) },
      'Denied: 2 things to change',
      ['(`too-long`)', '(`incident-required`)'],
    ],
    ['lapsed', { now: at(180) }, 'Closed', ['This request lapsed 3h after it was opened. Open a new one.']],
    ['rejected', { comments: [comment('/reject')] }, 'Closed', ['@<!-- -->commander rejected this request.']],
    ['no push log', { pushes: [] }, 'Waiting for GitHub', ['It is read again by itself within a minute.']],
    [
      'not counted',
      { comments: [comment('/approve-emergency', outsider)] },
      'Waiting for approval: 1 of team `acme/incident-commanders`',
      ['Not counted:\n- `outsider`: You are not among those who may approve this request'],
    ],
  ])('%s', (_, asked, title, lines) => {
    const { check, comment: body } = say(asked);
    expect(check.title).toBe(title);
    for (const line of [`**${title}.**`, ...lines]) expect(body).toContain(line);
    expect(body).toBe(`${MARKER}\n${check.summary}\n`);
  });

  test("GitHub's own words when it does not merge", () => {
    const approved = { comments: [comment('/approve-emergency')] };
    const { check, comment: body } = say(approved, { blocked: 'Required status check "ci" is expected. @acme/sre' });
    expect(check).toMatchObject({ conclusion: 'action_required', title: 'Approved, but GitHub does not merge it' });
    expect(body).toContain('GitHub says: `Required status check "ci" is expected. @acme/sre`.');
    expect(say({}, { blocked: 'old words' }).comment).not.toContain('old words');
  });

  test('the way out of a foreign push is one click that asks for the same', () => {
    const { check, comment: body } = say({ pushes: [push({ actor: hubot })] });
    expect(check).toMatchObject({ conclusion: 'failure', title: 'Cannot be approved as it stands' });
    const url = new URL(/\[Open the same request again\]\((.*)\)/.exec(body)?.[1] ?? '');
    expect(`${url.origin}${url.pathname}`).toBe('https://github.com/acme/access/new/main');
    expect(url.searchParams.get('filename')).toBe('grants/first.yaml');
    const again = parseGrant('grants/first.yaml', Buffer.from(url.searchParams.get('value') ?? ''));
    expect(again).toEqual(parseGrant('grants/first.yaml', Buffer.from(PRODUCTION)));
  });

  test('an extension counts from the first start', () => {
    const history = new HistoryBuilder();
    history.grant('live-one', 0);
    const text = yaml({ duration: '2h' });
    const { comment: body } = say({
      id: 'live-one',
      text,
      changes: [world.edit('live-one', text)],
      ledger: history.ledger(),
    });
    expect(body).toContain('### Extend live-one to 2h');
    expect(body).toContain('| Ends | 2h after 2026-11-22 03:00:00 UTC |');
  });
});

describe('other pull requests', () => {
  const change = { kind: 'owners', paths: ['policies/rules.yaml'], policies: true } as const;
  const policy = { kind: 'ok', value: emptyLedger.policy.value } as const;

  test("the owners' ground", () => {
    const { check, comment: body } = say({
      change,
      mergedPolicy: { tree: hash('next'), policy },
      comments: [comment('/approve-emergency', boss)],
    });
    expect(check.title).toMatch(
      /^Waiting for approval: 1 of `hubot-boss` or `octo-lead` or team `acme\/incident-commanders`$/,
    );
    expect(body).toContain('This changes `policies/`');
    expect(say({ change, mergedPolicy: { tree: emptyLedger.policy.tree, policy } }).comment).toContain(
      '`policies/` stays as it is.',
    );
  });

  test('a broken policy names its places, and only as many as anybody reads', () => {
    const files = new Map([['people.yaml', Buffer.from('nonsense')]]);
    const { comment: body } = say({ change, mergedPolicy: { tree: hash('next'), policy: parsePolicy(files) } });
    expect(body).toContain('The file policies/accounts.yaml is missing. Add it. (`policy-unreadable`)');
    const people = `[${Array.from({ length: 90 }, (_, i) => `{ github: a${i} }`).join(', ')}]`;
    const many = say({
      change,
      mergedPolicy: { tree: hash('x'), policy: parsePolicy(new Map([['people.yaml', Buffer.from(people)]])) },
    });
    expect(many.comment).toMatch(/- and \d+ more\.\n/);
    expect(many.comment.match(/policy-unreadable/g)).toHaveLength(25);
  });

  test('a removal says of each grant where it stands', () => {
    const history = new HistoryBuilder();
    history.grant('first', 0);
    const asked: Asked = { changes: [world.remove('first')], ledger: history.ledger() };
    expect(
      say({ ...asked, removals: new Map([['first', { kind: 'waiting', sentence: 'ended; waiting for AWS' }]]) }).check
        .title,
    ).toBe('Waiting for AWS to prove that the access is gone');
    const proven = say({
      ...asked,
      removals: new Map([
        ['first', { kind: 'proven', ended: 'deadline', proof: 'proven 05:00 05:01 requests r-1 r-2' }],
      ]),
    });
    expect(proven.check).toMatchObject({ conclusion: 'success', title: 'AWS proves that the access is gone; merging' });
    expect(proven.comment).toContain('- `first`: deadline; proven 05:00 05:01 requests r-1 r-2');
  });
});

test('a hundred strangers do not fill the comment', () => {
  const comments = Array.from({ length: 300 }, (_, i) =>
    comment('/approve-emergency', { ...outsider, login: `user-${i}`, id: 10_000 + i }),
  );
  expect(say({ comments }).comment.length).toBeLessThan(8_000);
  expect(say({ comments }).comment).toContain('`user-299`');
});

test('says the same whenever it is asked', () => {
  for (const asked of [
    {},
    { comments: [comment('/approve-emergency')] },
    { pushes: AFTER_A_PUSH },
    { text: yaml({ account: 'prod-payments' }) },
  ])
    expect(say({ ...asked, now: at(5) })).toEqual(say({ ...asked, now: at(9) }));
});

const HOSTILE = [
  '@acme/sre',
  '@octocat',
  '<img src=x onerror=alert(1)>',
  '</td><script>',
  '[click](https://evil.example)',
  '![x](https://evil.example/x.png)',
  'https://evil.example',
  'www.evil.example',
  '`',
  '``',
  '```',
  '|',
  '\\',
  '\\`',
  '**bold**',
  '_it_',
  '~~gone~~',
  '<!-- breakglass -->',
  '-->',
  '# heading',
  '&lt;b&gt;',
  '&#64;octocat',
  '/approve-emergency',
  '\u202e',
  'x',
] as const;
const hostile = fc.array(fc.constantFrom(...HOSTILE), { minLength: 1, maxLength: 8 }).map((all) => all.join(' '));

/** Everything that Markdown makes of it, but for text, and text as GitHub would see it for mentions and links. */
function seen(markdown: string): { readonly kinds: ReadonlySet<string>; readonly text: string } {
  const kinds = new Set<string>();
  const texts: string[] = [];
  const walk = (node: {
    readonly type: string;
    readonly value?: string;
    readonly children?: readonly unknown[];
  }): void => {
    const noise = node.type === 'html' && node.value === '<!-- -->';
    if (!noise) kinds.add(node.type);
    // A node between two texts ends a mention, so texts are not joined.
    if (node.type === 'text') texts.push(node.value ?? '');
    for (const child of node.children ?? []) walk(child as Parameters<typeof walk>[0]);
  };
  walk(fromMarkdown(markdown));
  return { kinds, text: texts.join('\n') };
}

describe("strangers' words", () => {
  test('a sentence that repeats them is text and code, no mention, no address', () => {
    fc.assert(
      fc.property(hostile, (words) => {
        const { kinds, text } = seen(`- Unknown key ${sentence(JSON.stringify(words))} (\`code\`)`);
        expect(
          [...kinds].filter((kind) => !['root', 'list', 'listItem', 'paragraph', 'text', 'inlineCode'].includes(kind)),
        ).toEqual([]);
        expect(text).not.toMatch(/@\w/);
        expect(text).not.toMatch(/:\/\/|www\.\w/);
      }),
      { numRuns: 2000 },
    );
  });

  test('quoted words are one piece of code', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (words) => {
        const { kinds } = seen(`x ${quoted(words)} y`);
        expect([...kinds].sort()).toEqual(['inlineCode', 'paragraph', 'root', 'text']);
        expect(quoted(words)).not.toMatch(/[\n|]/);
      }),
    );
  });

  test('a reason is a cell of the table and nothing else, whatever it says', () => {
    const fits = hostile.filter(
      (words) => parseGrant('grants/first.yaml', Buffer.from(grantFile(words))).kind === 'ok',
    );
    fc.assert(
      fc.property(fits, (words) => {
        const { comment: body } = say({ text: grantFile(words) });
        const row = body.split('\n').find((line) => line.startsWith('| Reason')) ?? '';
        expect(row).toMatch(/^\| Reason \| `[^`|]*` \|$/);
        expect(body.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(8);
      }),
    );
  });

  test('a key of the file in a complaint about it', () => {
    const text = `${PRODUCTION}"@acme/sre <img src=x> [a](https://evil.example)": 1\n`;
    const { comment: body, check } = say({ text });
    expect(check.title).toBe('Denied: one thing to change');
    expect(body).toContain('Unknown key "@<!-- -->acme/sre \\<img src=x\\> \\[a\\](https:<!-- -->//evil.example)".');
  });
});

function grantFile(reason: string): string {
  return `requester: octocat\naccount: prod-payments\nrole: admin\nduration: 1h\nreason: ${JSON.stringify(reason)}\nincident: INC-1\n`;
}

test('the text of a grant reads back as that grant, numbers and truth values as names included', () => {
  const name = fc.oneof(
    fc.constantFrom('123', 'null', 'true', '1e5', '0x1f', '2026-11-22', 'on', 'no', '1-2'),
    fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
  );
  fc.assert(
    fc.property(name, name, name, hostile, (requester, account, role, reason) => {
      const grant = {
        requester,
        account,
        role,
        duration: '1h30m',
        reason: reason.replaceAll('\u202e', ''),
        incident: '1234',
      };
      if (grant.reason.trim() !== grant.reason || grant.reason === '') return;
      expect(parseGrant('grants/first.yaml', Buffer.from(grantText(grant)))).toMatchObject({
        kind: 'ok',
        value: grant,
      });
    }),
  );
});

test('a link to a new file keeps branch and text apart from the address', () => {
  expect(newGrantUrl('https://github.com/acme/access', 'a/b?c', 'first', 'x: "&y"\n')).toBe(
    'https://github.com/acme/access/new/a%2Fb%3Fc?filename=grants%2Ffirst.yaml&value=x%3A+%22%26y%22%0A',
  );
});

describe('times', () => {
  test.each([
    [at(0), 'now'],
    [at(120), 'in 2h'],
    [at(119.7), 'in 2h'],
    [at(1), 'in 1m'],
    [at(-3), '3m ago'],
    [at(60 * 49), 'in 2d1h'],
  ])('%s is %s', (when, said) => {
    expect(relative(when, at(0))).toBe(said);
  });
  test('in full', () => {
    expect(utc(at(0))).toBe('2026-11-22 03:00:00 UTC');
  });
});

describe('after the merge', () => {
  const history = new HistoryBuilder();
  history.grant('first', 0);
  const entry = history.ledger().grants.get('first') ?? expect.fail();
  const states: readonly (readonly [GrantState, readonly string[]])[] = [
    [{ kind: 'granting' }, ['**Approved and merged; AWS is making the access.**']],
    [
      { kind: 'failing', reason: 'Throttled `by` @acme/sre' },
      ["**Merged, but AWS does not have it yet:** `Throttled 'by' @acme/sre`"],
    ],
    [
      { kind: 'ending', ended: 'revoked by hubot (480938) 2026-11-22T03:10:00Z' },
      ['**Ending: revoked by hubot (480938) 2026-11-22T03:10:00Z.** Calls are denied'],
    ],
    [
      { kind: 'removed', ended: 'deadline', proof: 'proven twice' },
      ['**Ended: deadline.** AWS proved that the access is gone.', '`proven twice`'],
    ],
    [{ kind: 'recorded', ended: 'deadline', commit: hash('x') }, [`the proof is in commit ${hash('x')}`]],
  ];

  test.each(states)('%j', (state, lines) => {
    const { body, mark } = grantComment(entry, state);
    for (const line of ['### admin on staging for octocat, 1h', ...lines]) expect(body).toContain(line);
    expect(body.startsWith(`${MARKER}\n${mark}\n`)).toBe(true);
    expect(body).toMatch(
      /Grant `first`, ende?d?s? 2026-11-22 04:00:00 UTC at the latest, 1h after 2026-11-22 03:00:00 UTC\./,
    );
    expect(grantComment(entry, state)).toEqual({ body, mark });
  });

  test('active: where to go, until when, how to end it', () => {
    const { body } = grantComment(entry, {
      kind: 'active',
      at: '2026-11-22T03:00:20Z',
      evidence: [{ operation: 'ListAccountAssignments', requestId: 'r-1', at: '2026-11-22T03:00:20Z' }],
    });
    const { permissionSetName } = entry.resolved;
    expect(body).toContain('**Active until 2026-11-22 04:00:00 UTC.**');
    expect(body).toContain(
      `https://d-906712abcd.awsapps.com/start/#/console?account_id=333344445555&role_name=${permissionSetName}`,
    );
    expect(body).toContain('Comment `/revoke` on a line by itself.');
    expect(body).toContain('ListAccountAssignments `r-1`');
  });

  test('put right: said once in what stays active, harmlessly, and left alone after', () => {
    const active = { kind: 'active', at: '2026-11-22T03:00:20Z', evidence: [] } as const;
    const repaired = { ...active, repaired: 'It was assigned to `x` @acme/sre.' } as const;
    const { body, mark } = grantComment(entry, repaired);
    expect(body).toContain("put right again since 2026-11-22 03:00:20 UTC: `It was assigned to 'x' @acme/sre.`");
    expect(body).toContain('**Active until');
    // It overwrites what says "active", and neither the same again nor a later confirmation overwrites it.
    const written = (state: GrantState, over: string) => !standing(entry, state).some((one) => over.includes(one));
    expect(written(repaired, grantComment(entry, active).body)).toBe(true);
    expect(written(repaired, body)).toBe(false);
    expect(written(active, body)).toBe(false);
    expect(mark).toBe(grantComment(entry, active).mark);
  });

  test('marks differ by state and deadline, so that a changed comment is written and an equal one left alone', () => {
    const later = { ...entry, resolved: { ...entry.resolved, deadline: '2026-11-22T05:00:00Z' } };
    const marks = [
      ...states.map(([state]) => grantComment(entry, state).mark),
      grantComment(later, { kind: 'granting' }).mark,
    ];
    expect(new Set(marks).size).toBe(marks.length);
  });
});

test('who approves what is named without pinging anybody', () => {
  for (const asked of [
    {},
    { comments: [comment('/approve-emergency', outsider), comment('/reject')] },
    { pushes: [push({ actor: hubot })] },
  ])
    expect(say(asked).comment).not.toMatch(/@\w/);
});
