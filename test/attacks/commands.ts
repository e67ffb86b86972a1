// What a comment can look like to a person and not be: a command. The approver really wrote each of these.
import type { Effect } from '../sandbox/github/index.ts';
import type { Attack, Refusal } from './attack.ts';
import { REVIEWS } from './reviews.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const LINE = '/approve-emergency';
const BOSS = 'hubot-boss';
/** REST shows whole seconds: after this, it shows the edit as well. */
const A_SECOND = 1100;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const says = (
  name: string,
  text: string | ((scene: Scene) => string),
  refusedWith: Refusal = 'unusable-command',
): Attack => ({
  name,
  refusedWith,
  says: (scene) => [[BOSS, typeof text === 'function' ? text(scene) : text]],
});
/** Nobody could take it for a command, so nobody is told anything: the request goes on waiting. */
const isNothing = (name: string, text: string | ((scene: Scene) => string)): Attack => says(name, text, 'waiting');

const MARKDOWN: readonly Attack[] = [
  says('in a fence', `\`\`\`\n${LINE}\n\`\`\``),
  says('in a fence of tildes', `~~~ text\n${LINE}\n~~~`),
  says('in a fence that never ends', `\`\`\`\nlook\n\n${LINE}`),
  says('in a fence inside a longer fence', `\`\`\`\`\n\`\`\`\n${LINE}\n\`\`\`\n\`\`\`\``),
  says('indented as code', `Look:\n\n    ${LINE}`),
  says('indented by a tab', `Look:\n\n\t${LINE}`),
  says('in back-ticks', `\`${LINE}\``),
  says('in a span of code over two lines', `\`\n${LINE}\n\``),
  says('in a quote', `> ${LINE}\n\nReally?`),
  says('in a quote of a quote', `> > ${LINE}`),
  says('in a quote that goes on without its mark', `> somebody wrote\n${LINE}`),
  says('in an answer by mail', `Yes, I see\n\n> On Sunday mona wrote:\n> ${LINE}`),
  says('in a heading', `# ${LINE}`),
  says('in a heading by underline', `${LINE}\n===`),
  says('in a heading by a rule', `${LINE}\n---`),
  isNothing('in a link', `[${LINE}](https://example.com)`),
  says('in the name of a link', `[x]: https://example.com\n  "\n${LINE}\n"`),
  says('in the words for a picture', `![\n${LINE}\n](https://example.com/x.png)`),
  says('in HTML that nobody sees', `<!--\n${LINE}\n-->\nNo.`),
  says('in HTML that never ends', `<!-- \n\n${LINE}`),
  says('in a folded part', `<details>\n\n${LINE}\n\n</details>`),
  says('in a quote by HTML', `<blockquote>\n\n${LINE}\n\n</blockquote>`),
  says('in code by HTML', `<pre>\n${LINE}\n</pre>`),
  says('in code by HTML in a line', `<code>\n${LINE}</code>`),
  says('struck out', `~~\n${LINE}\n~~`),
  says('in a list', `- ${LINE}`),
  isNothing('in a numbered list', `1. ${LINE}`),
  isNothing('in a list of things to do', `- [ ] ${LINE}`),
  says('in a list that goes on without its mark', `- when all is well, write\n${LINE}`),
  says('in a table', `| a |\n|---|\n${LINE} |`),
  says('in a footnote', `[^1]: see\n${LINE}`),
  says('in bold', `**${LINE}**`),
  says('in quotes a hundred deep', `${'> '.repeat(100)}x\n\n${LINE}`),
];

const WORDS: readonly Attack[] = [
  isNothing('in the middle of a sentence', `When you are sure, write ${LINE} here.`),
  isNothing('after a word', `Please ${LINE}`),
  says('and a word after it', `${LINE} please`),
  says('and a full stop after it', `${LINE}.`),
  says('and a comma', `${LINE}, thanks`),
  isNothing('as a longer word', `${LINE}-all`),
  isNothing('as a shorter word', '/approve'),
  says('in capitals', LINE.toUpperCase()),
  says('with one capital', '/Approve-emergency'),
  isNothing('with a Cyrillic letter', '/аpprove-emergency'),
  isNothing('with a full-width slash', '／approve-emergency'),
  isNothing('with a slash of mathematics', '∕approve-emergency'),
  isNothing('with a hyphen that does not break', '/approve‑emergency'),
  isNothing('with a soft hyphen', '/appr\u00adove-emergency'),
  isNothing('with a zero-width space', '/approve\u200b-emergency'),
  isNothing('behind a zero-width space', `\u200b${LINE}`),
  isNothing('behind a space that does not break', `\u00a0${LINE}`),
  says('before a space that does not break', `${LINE}\u00a0`),
  says('before a zero-width space', `${LINE}\u200b`),
  isNothing('turned around', '\u202eycnegreme-evorppa/'),
  isNothing('behind a backslash', `\\${LINE}`),
  isNothing('as an entity', '&#47;approve-emergency'),
  isNothing('as an emoji', ':approve-emergency:'),
  isNothing('with two slashes', `/${LINE}`),
  isNothing('as a path', `.${LINE}`),
  says('twice', `${LINE}\n\n${LINE}`),
  says('with its opposite', `${LINE}\n/reject`),
  says('with an end', `${LINE}\n\n/revoke`),
  says('in a flood of words', `${LINE}\n\n${'so '.repeat(7000)}`),
];

const hex = (text: string, i: number): string =>
  `${text.slice(0, i)}${text[i] === '0' ? '1' : '0'}${text.slice(i + 1)}`;

const COMMITS: readonly Attack[] = [
  says('with seven digits of the commit', ({ head }) => `${LINE} ${head().slice(0, 7)}`),
  says('with all but one digit of the commit', ({ head }) => `${LINE} ${head().slice(0, 39)}`),
  says('with one digit more', ({ head }) => `${LINE} ${head()}0`),
  says('with the commit in capitals', ({ head }) => `${LINE} ${head().toUpperCase().replace(/^\d*$/, 'A')}`),
  says('with two commits', ({ head }) => `${LINE} ${head()} ${head()}`),
  says('with the commit on the next word', ({ head }) => `${LINE} sha ${head()}`),
  says('with the name of the branch', ({ id }) => `${LINE} ${id}`),
  says('with HEAD', `${LINE} HEAD`),
  says('with a commit that begins alike', ({ head }) => `${LINE} ${hex(head(), 39)}`, 'other-sha'),
  says('with a commit that ends alike', ({ head }) => `${LINE} ${hex(head(), 0)}`, 'other-sha'),
  says('with the commit of main', ({ github }) => `${LINE} ${github.repository.genesis}`, 'other-sha'),
  says('with a commit of zeros', `${LINE} ${'0'.repeat(40)}`, 'other-sha'),
  says('with a commit of another kind of hash', ({ head }) => `${LINE} ${head()}${'0'.repeat(24)}`, 'other-sha'),
];

const after = (name: string, refusedWith: Refusal, then: (scene: Scene) => Promise<unknown>): Attack => ({
  name,
  refusedWith,
  says: () => [],
  before: then,
});

const CHANGES: readonly Attack[] = [
  after('an innocent comment of the approver, edited by somebody else', 'edited', async ({ as, pull, say }) => {
    const id = await say(BOSS, 'I will look at it');
    await pause(A_SECOND);
    await as('mallory').editComment(id, LINE);
    return pull;
  }),
  after('an approval that its author edited', 'edited', async ({ as, say }) => {
    const id = await say(BOSS, `${LINE} not`);
    await pause(A_SECOND);
    await as(BOSS).editComment(id, LINE);
  }),
  after('an approval for one commit, edited by somebody else to name another', 'edited', async ({ as, say, head }) => {
    const id = await say(BOSS, `${LINE} ${'0'.repeat(40)}`);
    await pause(A_SECOND);
    await as('mallory').editComment(id, `${LINE} ${head()}`);
  }),
  after('an approval that was edited and edited back', 'edited', async ({ as, say }) => {
    const id = await say(BOSS, LINE);
    await pause(A_SECOND);
    await as('mallory').editComment(id, 'No');
    await as('mallory').editComment(id, LINE);
  }),
  after('an innocent comment, edited by somebody else in the second in which it was written', 'edited', (scene) =>
    editAtOnce(scene, 'I will look at it', [LINE]),
  ),
  after('an approval for one commit, edited in its second to name another', 'edited', (scene) =>
    editAtOnce(scene, `${LINE} ${'0'.repeat(40)}`, [`${LINE} ${scene.head()}`]),
  ),
  after('an approval, edited in its second and edited back', 'edited', (scene) =>
    editAtOnce(scene, LINE, ['No', LINE]),
  ),
  after('an approval of which GitHub does not tell whether it was edited', 'edit-unknown', async (scene) => {
    graphqlFails(scene, await editAtOnce(scene, 'I will look at it', [LINE]), { kind: 'refuse', status: 500 });
  }),
  after('the same, as GraphQL answers with errors', 'edit-unknown', async (scene) => {
    const node = await editAtOnce(scene, 'I will look at it', [LINE]);
    scene.github.faults.onRequest(({ request, ...moment }) => {
      if (moment.phase !== 'after' || !asksFor(node)(request)) return;
      Object.assign(moment.reply.body ?? {}, { errors: [{ type: 'SERVICE_UNAVAILABLE', message: 'Try again' }] });
    });
  }),
  after('the same, as GraphQL answers without the comment', 'edit-unknown', async (scene) => {
    const node = await editAtOnce(scene, 'I will look at it', [LINE]);
    scene.github.faults.onRequest(({ request, ...moment }) => {
      if (moment.phase !== 'after' || !asksFor(node)(request)) return;
      Object.assign(moment.reply.body ?? {}, { data: { nodes: [null] } });
    });
  }),
  after('an approval that was edited away', 'waiting', async ({ as, say }) => {
    await as(BOSS).editComment(await say(BOSS, LINE), 'I take it back');
  }),
  after('an approval that its author deleted', 'waiting', async ({ as, say }) => {
    await as(BOSS).deleteComment(await say(BOSS, LINE));
  }),
  after('a rejection after the approval', 'rejected', async ({ say }) => {
    await say(BOSS, LINE);
    await say(BOSS, '/reject');
  }),
  after('a rejection by another approver', 'rejected', async ({ say }) => {
    await say('octo-lead', '/reject');
    await say(BOSS, LINE);
  }),
  after('an approval of the pull request next door', 'waiting', async ({ github, pull }) => {
    const other = await github.as('mallory').openIssue(`About #${pull}`);
    await github.as(BOSS).comment(other, LINE);
  }),
  after('the command in the title and the words of the request', 'waiting', async ({ as, pull }) => {
    await as('octocat').rename(pull, LINE);
    await as('octocat').request('PATCH', `/repos/acme/access/pulls/${pull}`, { body: LINE });
  }),
];

/** Answers the comment's node id, once REST shows nothing of the edit. */
async function editAtOnce({ as, say }: Scene, text: string, edits: readonly string[]): Promise<string> {
  for (;;) {
    await pause(1000 - (Date.now() % 1000));
    const id = await say(BOSS, text);
    for (const edit of edits) await as('mallory').editComment(id, edit);
    const { body } = await as(BOSS).request('GET', `/repos/acme/access/issues/comments/${id}`);
    const comment = body as { readonly node_id: string; readonly created_at: string; readonly updated_at: string };
    if (comment.created_at === comment.updated_at) return comment.node_id;
    await as(BOSS).deleteComment(id);
  }
}

const asksFor =
  (node: string) =>
  ({ path, body }: { readonly path: string; readonly body: unknown }): boolean =>
    path === '/graphql' && JSON.stringify(body).includes(node);

function graphqlFails({ github }: Scene, node: string, effect: Effect): void {
  github.faults.on({ path: /^\/graphql$/, times: Number.MAX_SAFE_INTEGER, when: asksFor(node) }, effect);
}

const honest = (name: string, text: string | ((scene: Scene) => string)): Attack => ({
  ...says(name, text),
  refusedWith: 'granted',
});

/** What the words are. */
export const commands: World = {
  name: 'commands',
  withoutAws: true,
  attacks: [
    ...MARKDOWN,
    ...WORDS,
    honest(
      'honest: with words around it, line ends of Windows, and the full commit',
      ({ head }) => `Looks right.\r\n\r\n${LINE} ${head()}  \r\n\r\nGood luck!`,
    ),
  ],
};

/** What they are about, and what becomes of them. */
export const approvals: World = {
  name: 'approvals',
  withoutAws: true,
  attacks: [...COMMITS, ...CHANGES, ...REVIEWS],
};
