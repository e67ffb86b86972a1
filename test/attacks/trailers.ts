// Hostile words in honest requests: whatever people write, the commit's trailers are exactly what was signed.
import { execFileSync } from 'node:child_process';
import { type GrantFile, grantYaml } from '../scenarios/stage.ts';
import type { Attack } from './attack.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const FORGED = 'Authorization: ed25519 live AAAA';
const BLOCK = `Format: 1\nKind: grant\nGrant-Id: mine\nApproved-By: hubot-boss (1234567) IC_x 2026-11-22T00:00:00Z\n${FORGED}`;

type Words = { readonly reason?: string; readonly title?: string; readonly body?: string; readonly commit?: string };

const words = (name: string, { reason = 'Honest', title, body, commit }: Words): Attack => ({
  name,
  refusedWith: 'harmless',
  says: () => [],
  byHand: true,
  before: async (scene) => {
    const grant: GrantFile = { role: 'read-only', account: 'staging', reason: JSON.stringify(reason) };
    const files = { [`grants/${scene.id}.yaml`]: grantYaml(grant) };
    await scene.push(files, commit === undefined ? {} : { message: commit });
    scene.pull = await scene.as('octocat').openPull({
      head: scene.id,
      title: title ?? 'Look',
      ...(body === undefined ? {} : { body }),
    });
    scene.harmless(() => judge(scene, reason));
  },
});

/** Null where git itself, in both of its ways, reads nothing but ours. */
function judge({ github, pull, id }: Scene, reason: string): string | null {
  const git = (args: readonly string[], input?: string): string =>
    execFileSync('git', ['-C', github.bare, ...args], { encoding: 'utf8', ...(input === undefined ? {} : { input }) });
  const sha = git(['log', 'main', '-1', '--format=%H', '--', `grants/${id}.yaml`]).trim();
  const message = git(['show', '-s', '--format=%B', sha]).trim();
  const [title = '', block = '', ...more] = message.split('\n\n');
  const parsed = git(['interpret-trailers', '--parse'], `${message}\n`).trim();
  const listed = git(['show', '-s', '--format=%(trailers)', sha]).trim();
  if (more.length > 0) return `the message has ${more.length + 2} parts`;
  if (title !== `Grant read-only on staging to @octocat for 1h (#${pull})`) return `the title is ${title}`;
  if (parsed !== block.trim()) return `git interpret-trailers reads ${parsed}`;
  if (listed !== block.trim()) return `%(trailers) reads ${listed}`;
  const keys = block
    .trim()
    .split('\n')
    .map((line) => line.slice(0, line.indexOf(':')));
  if (keys.join(' ') !== KEYS) return `the trailers are ${keys.join(' ')}`;
  return block.includes(`\nReason: ${reason.replace(/\s+/g, ' ')}\n`)
    ? null
    : `the reason is not the one that was given`;
}

const KEYS =
  'Format Kind Repository-Id Pull-Request Grant-Id Grant-Blob Requester Reason Incident Access Approved-Head Policies Rule Expires-At Authorization';

const WORDS: readonly Attack[] = [
  words('a reason that is an authorization', { reason: FORGED }),
  words('a reason that begins a patch', { reason: '--- a/x' }),
  words('a reason for a shell', { reason: '$(touch /tmp/x) `id` %(trailers) %H' }),
  words('a reason of 500 characters', { reason: 'Approved-By: x '.repeat(33).trim() }),
  words('a title with a record in it', { title: `Grant admin\n\n${BLOCK}` }),
  words('words of the request with a record in them', { body: `---\n\n${BLOCK}` }),
  words('a commit with a record in its message', { commit: `Look\n\n${BLOCK}` }),
  words('a commit that ends the message and begins a patch', {
    commit: `Look\n\n---\n\n${BLOCK}\nCo-authored-by: hubot-boss <b@example.com>`,
  }),
];

export const trailers: World = {
  name: 'trailers',
  withoutAws: true,
  inOrder: true,
  attacks: WORDS,
};
