// Rulesets: what they forbid to whom, and which required checks a commit still lacks.
import type { Principal } from './auth.ts';
import { type PullRequest, type Ruleset, type Schema, type World, zeroSha } from './world.ts';

export type RefUpdate = {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly principal: Principal;
  readonly by: 'push' | 'merge';
  /** The pull request that is being merged. */
  readonly pull?: PullRequest;
};
type Rule = Schema<'repository-rule'>;
type RequiredCheck = { readonly context: string; readonly integration_id?: number };

/** The rulesets of a pull-request-only default branch with one check that only the app can set. */
export function defaultRulesets(world: World, adminsBypass: boolean): Ruleset[] {
  const bypass = adminsBypass
    ? [{ actor_id: 5, actor_type: 'RepositoryRole' as const, bypass_mode: 'always' as const }]
    : [];
  const pull_request = {
    required_approving_review_count: 0,
    dismiss_stale_reviews_on_push: false,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_review_thread_resolution: false,
  };
  const check = { context: world.app.slug, integration_id: world.app.id };
  return [
    makeRuleset(world, {
      name: 'Only by pull request',
      bypass,
      rules: [{ type: 'deletion' }, { type: 'non_fast_forward' }, { type: 'pull_request', parameters: pull_request }],
    }),
    makeRuleset(world, {
      name: 'Only when judged',
      bypass,
      rules: [
        {
          type: 'required_status_checks',
          parameters: { required_status_checks: [check], strict_required_status_checks_policy: false },
        },
      ],
    }),
  ];
}

export function makeRuleset(
  world: World,
  facts: Pick<Ruleset, 'name' | 'bypass' | 'rules'> & Partial<Pick<Ruleset, 'include' | 'exclude' | 'enforcement'>>,
): Ruleset {
  const at = `${world.now().toISOString().slice(0, 19)}Z`;
  const scope = { include: ['~DEFAULT_BRANCH'], exclude: [] };
  return { id: world.nextId(), enforcement: 'active', ...scope, ...facts, createdAt: at, updatedAt: at };
}

export function applyingRulesets(world: World, ref: string): Ruleset[] {
  return [...world.rulesets.values()].filter(
    (ruleset) =>
      ruleset.enforcement === 'active' &&
      ruleset.include.some((pattern) => covers(world, pattern, ref)) &&
      !ruleset.exclude.some((pattern) => covers(world, pattern, ref)),
  );
}

/** One sentence for every rule that the update breaks and the caller may not bypass. */
export async function violations(world: World, update: RefUpdate): Promise<string[]> {
  const sentences = [];
  for (const ruleset of applyingRulesets(world, update.ref)) {
    if (mayBypass(world, ruleset, update)) continue;
    for (const rule of ruleset.rules) sentences.push(...(await brokenBy(world, rule, update)));
  }
  return sentences;
}

export function missingChecks(world: World, ref: string, sha: string): string[] {
  const rules = applyingRulesets(world, ref).flatMap((ruleset) => ruleset.rules);
  return rules.flatMap((rule) => requiredChecks(rule)).flatMap((check) => checkSentence(world, check, sha));
}

const requiredChecks = (rule: Rule): readonly RequiredCheck[] =>
  rule.type === 'required_status_checks' ? (rule.parameters?.required_status_checks ?? []) : [];

async function brokenBy(world: World, rule: Rule, update: RefUpdate): Promise<string[]> {
  const { before, after, by } = update;
  switch (rule.type) {
    case 'update':
      return before === zeroSha || after === zeroSha ? [] : ['Cannot update this protected ref.'];
    case 'creation':
      return before === zeroSha ? ['Cannot create ref due to creations being restricted.'] : [];
    case 'deletion':
      return after === zeroSha ? ['Cannot delete this branch'] : [];
    case 'non_fast_forward':
      return by === 'push' && (await rewrites(world, update)) ? ['Cannot force-push to this branch'] : [];
    case 'pull_request':
      if (by === 'push') return after === zeroSha ? [] : ['Changes must be made through a pull request.'];
      return missingReviews(world, rule.parameters?.required_approving_review_count ?? 0, update.pull);
    case 'merge_queue':
      // GitHub's words for whoever merges past the queue, the REST API included (pascalgn/automerge-action#235).
      return after === zeroSha ? [] : ['Changes must be made through the merge queue'];
    case 'required_status_checks':
      return after === zeroSha ? [] : requiredChecks(rule).flatMap((check) => checkSentence(world, check, after));
    default:
      return [];
  }
}

/** Only the last word of each reviewer counts, and only that of those who may write. */
function missingReviews(world: World, wanted: number, pull: PullRequest | undefined): string[] {
  const words = [...world.reviews.values()].filter((review) => review.issue === pull && review.state !== 'COMMENTED');
  const latest = new Map(words.map((review) => [review.author, review.state]));
  const writers = world.users.filter((user) => user.role === 'write' || user.role === 'admin');
  const approvals = writers.filter((user) => latest.get(user) === 'APPROVED').length;
  const noun = wanted === 1 ? 'review is' : 'reviews are';
  return approvals >= wanted ? [] : [`At least ${wanted} approving ${noun} required by reviewers with write access.`];
}

/** Whether this caller may not replace the history of the ref; what a push brings is only known to the hook. */
export const forbidsRewriting = (world: World, update: RefUpdate): boolean =>
  applyingRulesets(world, update.ref).some(
    (ruleset) => ruleset.rules.some((rule) => rule.type === 'non_fast_forward') && !mayBypass(world, ruleset, update),
  );

async function rewrites(world: World, { before, after }: RefUpdate): Promise<boolean> {
  if (before === zeroSha || after === zeroSha) return false;
  // The objects of a push are not here yet; for those the update hook asks.
  return (await world.git.exists(after)) && !(await world.git.isAncestor(before, after));
}

function checkSentence(world: World, check: RequiredCheck, sha: string): string[] {
  const runs = [...world.checks.values()].filter((run) => run.name === check.context && run.suite.headSha === sha);
  const ours = runs.filter((run) => check.integration_id === undefined || run.suite.app.id === check.integration_id);
  const statuses = world.statuses.filter((status) => status.context === check.context && status.sha === sha);
  const latest = ours.at(-1);
  const name = `Required status check "${check.context}"`;
  if (latest) return runSentence(name, latest.status, latest.conclusion);
  if (check.integration_id !== undefined) {
    return [
      runs.length + statuses.length > 0 ? `${name} was not set by the expected GitHub app.` : `${name} is expected.`,
    ];
  }
  const state = statuses.at(-1)?.state;
  if (state === undefined) return [`${name} is expected.`];
  return state === 'success' ? [] : [`${name} is ${state === 'pending' ? 'pending' : 'failing'}.`];
}

function runSentence(name: string, status: string, conclusion: string | null): string[] {
  if (status !== 'completed') return [`${name} is in progress.`];
  // GitHub lets neutral and skipped pass, which is why the app may never report them.
  return conclusion === 'success' || conclusion === 'neutral' || conclusion === 'skipped'
    ? []
    : [`${name} is failing.`];
}

function mayBypass(world: World, ruleset: Ruleset, update: RefUpdate): boolean {
  return ruleset.bypass.some(
    (entry) =>
      (entry.bypass_mode !== 'pull_request' || update.by === 'merge') && isActor(world, entry, update.principal),
  );
}

function isActor(world: World, entry: Schema<'repository-ruleset-bypass-actor'>, principal: Principal): boolean {
  if (principal.kind === 'installation') {
    return entry.actor_type === 'Integration' && entry.actor_id === principal.registration.id;
  }
  if (principal.kind !== 'user') return false;
  const { user } = principal;
  if (entry.actor_type === 'RepositoryRole') return entry.actor_id === 5 ? user.role === 'admin' : user.role !== 'read';
  if (entry.actor_type === 'OrganizationAdmin') return user.role === 'admin';
  return (
    entry.actor_type === 'Team' && world.teams.some((team) => team.id === entry.actor_id && team.members.has(user.id))
  );
}

function covers(world: World, pattern: string, ref: string): boolean {
  if (pattern === '~ALL') return true;
  if (pattern === '~DEFAULT_BRANCH') return ref === `refs/heads/${world.repository.defaultBranch}`;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*?/g, (stars) => (stars === '**' ? '.*' : '[^/]*'));
  return new RegExp(`^${source}$`).test(ref);
}
