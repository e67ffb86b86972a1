// A merged pull request: a /revoke on it ends its grant; a merge that the app did not authorize is answered.

import { readCommand } from '../core/decision/command.ts';
import { revocationIn, selectorsWhoMayEnd } from '../core/decision/early-end.ts';
import { parseGrant } from '../core/grant/parse.ts';
import { endOf } from '../core/ledger/ends.ts';
import type { GrantEntry, Ledger, Stray } from '../core/ledger/ledger.ts';
import type { Comment, Pull } from '../github/port.ts';
import { grantText, newGrantUrl } from '../github/report.ts';
import { quoted, sentence } from '../github/text.ts';
import type { Context } from './context.ts';
import { endEarly } from './early-end.ts';
import { type Look, leavesOpen, noteRead } from './looked.ts';
import { readMemberships } from './memberships.ts';

export async function reconcileMerged(context: Context, look: Look): Promise<void> {
  const { pull } = look;
  await context.mirror.fetch();
  const ledger = await context.ledger();
  const entry = [...ledger.grants.values()].find((one) => one.pulls.includes(pull.number));
  if (entry !== undefined) {
    if (await heedRevocation(context, ledger, entry, pull)) noteRead(context, look, ledger);
    return;
  }
  const strays = ledger.strays.filter((one) => one.commit === pull.mergeCommit);
  if (strays.length > 0) await answerByHand(context, pull, strays);
}

/** Answers whether nothing is left open: a revocation by somebody of whom GitHub says nothing is looked at again. */
async function heedRevocation(context: Context, ledger: Ledger, entry: GrantEntry, pull: Pull): Promise<boolean> {
  const policy = ledger.policy.value;
  if (endOf(entry, policy, context.github.now(), context.memory.revoked.get(entry.id)) !== null) return true;
  const comments = await context.github.comments(pull.number);
  const speakers = comments.flatMap((one) => (isRevoke(one) && one.author !== null ? [one.author] : []));
  if (speakers.length === 0) return true;
  const selectors = selectorsWhoMayEnd(entry, policy);
  const { membership, answers } = await readMemberships(
    context.github,
    policy,
    speakers.map((user) => ({ selectors, user })),
  );
  const revoked = revocationIn(comments, { entry, policy, membership });
  await endOrExplain(context, entry, revoked, comments.filter(isRevoke));
  return revoked !== null || !leavesOpen(answers);
}

async function endOrExplain(
  context: Context,
  entry: GrantEntry,
  revoked: string | null,
  said: readonly Comment[],
): Promise<void> {
  if (revoked !== null) endEarly(context, entry, revoked);
  const reaction = revoked === null ? 'confused' : 'rocket';
  for (const { id } of said) {
    if (!context.memory.answered.has(id)) await context.github.react(id, reaction);
    context.memory.answered.add(id);
  }
}

function isRevoke(comment: Comment): boolean {
  const read = readCommand(comment.body);
  return read.kind === 'command' && read.command.kind === 'revoke';
}

const BY_HAND = '<!-- breakglass:by-hand -->';

/** Said once: it grants nothing, the file is taken out again, and here is the same request under a new id. */
async function answerByHand(context: Context, pull: Pull, strays: readonly Stray[]): Promise<void> {
  const { github } = context;
  const [comments, self, repository] = await Promise.all([
    github.comments(pull.number),
    github.self(),
    github.repository(),
  ]);
  if (comments.some((one) => one.appId === self.appId && one.body.startsWith(BY_HAND))) return;
  const offers = await Promise.all(strays.map((stray) => offer(context, stray, repository.url)));
  const body = [
    BY_HAND,
    `**This merge grants nothing.** Only merges that the app makes after an approval give access; of this one, ${sentence(strays[0]?.reason ?? '')}.`,
    'The file is taken out again by a pull request of the app. Nothing is lost: open the same request under a new id and have it approved.',
    ...offers,
  ].join('\n\n');
  await github.createComment(pull.number, body);
}

async function offer({ mirror, configured }: Context, stray: Stray, url: string): Promise<string> {
  const bytes = await mirror.blob(stray.blob);
  const grant = bytes === null ? null : parseGrant(stray.path, bytes);
  if (grant?.kind !== 'ok') return `- ${quoted(stray.path)} is not a grant that can be read.`;
  const id = nextId(stray.id);
  return `- [Open ${quoted(`grants/${id}.yaml`)}](${newGrantUrl(url, configured.branch, id, grantText(grant.value))}) instead of ${quoted(stray.path)}`;
}

/** `x` → `x-2` → `x-3`; within the 63 characters that an id may have. */
export function nextId(id: string): string {
  const [, stem = id, number] = /^(.*?)-(\d{1,3})$/.exec(id) ?? [];
  const next = number === undefined ? 2 : Number(number) + 1;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(id);
  const base = isDate || number === undefined ? id : stem;
  const suffix = isDate ? '-2' : `-${next}`;
  return `${base.slice(0, 63 - suffix.length)}${suffix}`;
}
