// Every fact of a decision, one line each, with where it was read: for a person who wants to look it up.
import { wholeSeconds } from '../instant.ts';
import type { Change } from './change.ts';
import type { Evidence } from './evidence.ts';
import type { User } from './people.ts';

export type Fact = { readonly fact: string; readonly value: string; readonly from: string };

export function factsOf(evidence: Evidence): readonly Fact[] {
  return [...pullFacts(evidence), ...gitFacts(evidence), ...saidFacts(evidence), ...worldFacts(evidence)];
}

function pullFacts({ repository, facts }: Evidence): readonly Fact[] {
  const { pull, self, reopenedAt, now } = facts;
  const at = `/repos/${repository.owner}/${repository.name}`;
  const from = `GET ${at}/pulls/${pull.number}`;
  const opened = reopenedAt === null ? 'never' : wholeSeconds(reopenedAt);
  const base = `${pull.base.ref} of repository ${pull.base.repositoryId}`;
  const head = `${pull.head.sha} on ${pull.head.ref} of repository ${pull.head.repositoryId ?? 'unknown'}`;
  return [
    { fact: 'time', value: wholeSeconds(now), from: "GitHub's Date header" },
    { fact: 'author', value: who(pull.author), from },
    { fact: 'opened', value: wholeSeconds(pull.createdAt), from },
    { fact: 'opened again', value: opened, from: `GET ${at}/issues/${pull.number}/events` },
    { fact: 'draft', value: pull.draft ? 'yes' : 'no', from },
    { fact: 'into', value: base, from },
    { fact: 'head', value: head, from: `${from}; refs/pull/${pull.number}/head of the mirror is the same` },
    { fact: 'the app', value: `App ${self.appId}, user ${self.userId}`, from: 'GET /app' },
    {
      fact: 'served',
      value: `${facts.configured.branch} of repository ${facts.configured.repositoryId}`,
      from: "the app's configuration",
    },
  ];
}

function gitFacts({ seen, facts }: Evidence): readonly Fact[] {
  const { ledger, change, mergedPolicy } = facts;
  const merged = mergedPolicy === null ? [] : [mergedFact(mergedPolicy)];
  return [
    { fact: 'tip', value: seen.tip, from: `refs/heads/${facts.configured.branch} of the mirror` },
    { fact: 'merge base', value: seen.mergeBase ?? 'none', from: 'git merge-base of tip and head' },
    { fact: 'change', value: changeText(change), from: 'git diff-tree from the merge base to the head' },
    {
      fact: 'ledger',
      value: `position ${ledger.position}, commit ${ledger.tip}: ${ledger.grants.size} grants, ${ledger.strays.length} strays, ${ledger.usedIds.size} ids used`,
      from: 'first-parent history from the configured genesis, signatures verified',
    },
    {
      fact: 'policy in force',
      value: `tree ${ledger.policy.tree} of commit ${ledger.policy.commit}${ledger.policyDiverged ? '; policies/ on the branch is another' : ''}`,
      from: 'the last authorized policy commit of the ledger',
    },
    ...merged,
  ];
}

function mergedFact({ tree, policy }: NonNullable<Evidence['facts']['mergedPolicy']>): Fact {
  const value = `tree ${tree ?? 'none'}, ${policy.kind === 'ok' ? 'parses' : 'does not parse'}`;
  return { fact: 'policy after the merge', value, from: 'git merge-tree of tip and head' };
}

function saidFacts({ repository, facts }: Evidence): readonly Fact[] {
  const { pull } = facts;
  const at = `/repos/${repository.owner}/${repository.name}`;
  return [
    ...facts.pushes.map((one) => ({
      fact: 'push',
      value: `${one.kind} by ${who(one.actor)} ${wholeSeconds(one.at)}: ${one.before} to ${one.after}`,
      from: `GET ${at}/activity?ref=refs/heads/${pull.head.ref}`,
    })),
    ...facts.comments.map((one) => {
      const edited =
        one.createdAt.getTime() === one.updatedAt.getTime() ? '' : `, edited ${wholeSeconds(one.updatedAt)}`;
      const app = one.appId === null ? '' : ` by App ${one.appId}`;
      return {
        fact: `comment ${one.nodeId}`,
        value: `${who(one.author)}${app} ${wholeSeconds(one.createdAt)}${edited}: ${shortened(one.body)}`,
        from: `GET ${at}/issues/${pull.number}/comments`,
      };
    }),
    ...facts.reviews.map((one) => ({
      fact: `review ${one.nodeId}`,
      value: `${one.state} by ${who(one.author)} ${one.submittedAt === null ? '' : wholeSeconds(one.submittedAt)}`,
      from: `GET ${at}/pulls/${pull.number}/reviews`,
    })),
    ...[...facts.edits].map(([id, value]) => ({
      fact: `edits of ${id}`,
      value,
      from: 'POST /graphql, lastEditedAt and includesCreatedEdit of that node',
    })),
  ];
}

/** Of teams with `children: false`. */
const DIRECT = 'POST /graphql, members(membership: IMMEDIATE) of the team';

function worldFacts({ repository, seen, facts }: Evidence): readonly Fact[] {
  const { inlinePolicy, awsUser, removals, policyReport } = facts;
  const team = (name: string) => `GET /orgs/${repository.owner}/teams/${name}`;
  const direct = new Set(seen.answers.teams.flatMap((one) => (one.directOnly ? [one.team] : [])));
  const size = inlinePolicy === null ? 'not asked' : `${inlinePolicy.characters} characters of ${inlinePolicy.limit}`;
  return [
    ...seen.answers.teams.map((one) => ({
      fact: `team ${one.team}`,
      value: `id ${one.actual ?? 'none'}; settings.yaml says ${one.wanted ?? 'none'}`,
      from: one.directOnly ? DIRECT : team(one.team),
    })),
    ...seen.answers.people.map((one) => ({
      fact: 'membership',
      value: `${one.login} (${one.userId}) in ${one.team}: ${one.answer}`,
      from: direct.has(one.team) ? DIRECT : `${team(one.team)}/memberships/${one.login}`,
    })),
    { fact: 'inline policy', value: size, from: 'rendered from the policy in force' },
    { fact: 'user in AWS', value: awsUser ?? 'not asked', from: 'identitystore:DescribeUser' },
    ...[...removals].map(([id, state]) => ({
      fact: `removal of ${id}`,
      value:
        state.kind === 'live' ? 'live' : `${state.kind}: ${state.kind === 'proven' ? state.proof : state.sentence}`,
      from: 'the ledger, and what this process knows of AWS',
    })),
    ...(policyReport?.blocking ?? []).map((one) => ({
      fact: `policy: ${one.code}`,
      value: one.sentence,
      from: 'policy tests and lint, of base and of the merge',
    })),
  ];
}

function changeText(change: Change): string {
  switch (change.kind) {
    case 'request':
    case 'extension':
      return `${change.kind}: ${change.file.path}, blob ${change.file.blob}`;
    case 'removal':
      return `removal: ${change.files.map((one) => `${one.path}, blob ${one.blob}`).join('; ')}`;
    case 'owners':
      return `owners' ground: ${change.paths.join(', ')}`;
    case 'refused':
      return `refused: ${change.violations.map((one) => one.code).join(', ')}`;
  }
}

function who(user: User | null): string {
  return user === null ? 'unknown' : `${user.login} (${user.type} ${user.id})`;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 79)}…` : line);
}
