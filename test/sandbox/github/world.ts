// Everything the GitHub double remembers: one organization with one repository, its people, and what happened in it.
import type { components } from '@octokit/openapi-types';
import type { Git } from './git.ts';

export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

export type Role = 'none' | 'read' | 'write' | 'admin';
export type Account = { readonly id: number; login: string; readonly type: 'User' | 'Bot' | 'Organization' };
export type User = Account & { role: Role; inOrganization: boolean; token: string };
export type Registration = {
  readonly id: number;
  readonly slug: string;
  readonly installationId: number;
  readonly bot: Account;
  readonly permissions: Record<string, 'read' | 'write'>;
  readonly publicKey: string;
};
export type Team = {
  readonly id: number;
  slug: string;
  readonly createdAt: string;
  readonly members: Map<number, 'member' | 'maintainer'>;
  /** The id of the team that this one is a child of. */
  readonly parent: number | null;
};

export type Issue = {
  readonly id: number;
  readonly number: number;
  readonly author: Account;
  readonly viaApp: Registration | null;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'reopened' | null;
  labels: string[];
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  closedBy: Account | null;
  readonly pull: Pull | null;
};
export type Pull = {
  readonly id: number;
  draft: boolean;
  /** `fork` is the owner of the fork that the head lives in, or null for a branch of this very repository. */
  readonly head: { ref: string; sha: string; readonly fork: Account | null };
  readonly base: { ref: string; sha: string };
  mergedAt: string | null;
  mergedBy: Account | null;
  mergeCommit: string | null;
  mergeability: Mergeability | null;
  autoMerge: AutoMerge | null;
};
export type AutoMerge = { readonly by: User; readonly title: string; readonly message: string };
export type Mergeability = { readonly key: string; readonly testMerge: string | null };
export type PullRequest = Issue & { readonly pull: Pull };

export type Comment = {
  readonly id: number;
  readonly issue: Issue;
  readonly author: Account;
  readonly viaApp: Registration | null;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  lastEdit: Edit | null;
};
/** REST shows of it only `updated_at`, in whole seconds and not for reviews; GraphQL shows it as it was. */
export type Edit = { readonly at: string; readonly by: Account };
export type Review = {
  readonly id: number;
  readonly issue: PullRequest;
  readonly author: Account;
  body: string;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  commitId: string;
  readonly submittedAt: string;
  lastEdit: Edit | null;
};
export type Reaction = {
  readonly id: number;
  readonly subject: string;
  readonly user: Account;
  readonly content: Schema<'reaction'>['content'];
  readonly createdAt: string;
};
export type CheckSuite = {
  readonly id: number;
  readonly app: Registration;
  readonly headSha: string;
  readonly headBranch: string | null;
  readonly createdAt: string;
};
export type CheckRun = {
  readonly id: number;
  readonly suite: CheckSuite;
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: Schema<'check-run'>['conclusion'];
  externalId: string | null;
  detailsUrl: string | null;
  startedAt: string | null;
  completedAt: string | null;
  output: { title: string | null; summary: string | null; text: string | null };
  annotations: Schema<'check-annotation'>[];
};
export type CommitStatus = {
  readonly id: number;
  readonly sha: string;
  readonly context: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: Account;
  readonly createdAt: string;
};
export type Activity = {
  readonly id: number;
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly timestamp: string;
  readonly type: Schema<'activity'>['activity_type'];
  readonly actor: Account;
};
/** What stands in a pull request's timeline besides comments, reviews and commits. */
export type TimelineEvent = {
  readonly id: number;
  readonly issue: Issue;
  readonly event: string;
  readonly actor: Account;
  readonly commitId: string | null;
  readonly createdAt: string;
  readonly details: Readonly<Record<string, unknown>>;
};
export type Ruleset = {
  readonly id: number;
  name: string;
  enforcement: 'active' | 'disabled' | 'evaluate';
  bypass: Schema<'repository-ruleset-bypass-actor'>[];
  include: string[];
  exclude: string[];
  rules: Schema<'repository-rule'>[];
  readonly createdAt: string;
  updatedAt: string;
};

export type Emission = {
  readonly event: string;
  readonly action: string | null;
  readonly payload: Record<string, unknown>;
};

export type World = {
  readonly api: string;
  readonly web: string;
  readonly now: () => Date;
  readonly nextId: () => number;
  readonly nextNumber: () => number;
  readonly emit: (emission: Emission) => void;
  readonly git: Git;
  readonly organization: Account;
  readonly repository: {
    readonly id: number;
    readonly name: string;
    readonly defaultBranch: string;
    readonly createdAt: string;
  };
  readonly app: Registration;
  readonly registrations: Registration[];
  readonly users: User[];
  readonly teams: Team[];
  readonly issues: Map<number, Issue>;
  readonly comments: Map<number, Comment>;
  readonly reviews: Map<number, Review>;
  readonly reactions: Map<number, Reaction>;
  readonly suites: Map<number, CheckSuite>;
  readonly checks: Map<number, CheckRun>;
  readonly statuses: CommitStatus[];
  readonly activity: Activity[];
  readonly timeline: TimelineEvent[];
  readonly rulesets: Map<number, Ruleset>;
  readonly labels: Map<string, { readonly id: number; readonly color: string; readonly description: string | null }>;
  readonly switches: Switches;
};
/** Ways in which the real GitHub is known to vary; a test sets them to see both. */
export type Switches = {
  /** An old review's commit_id moves along with the head of its pull request. */
  reviewsFollowHead: boolean;
  /** The first read after a change answers `mergeable: null`. */
  lazyMergeable: boolean;
  /** How often the next merges answer "Base branch was modified". */
  baseModified: number;
};

export const zeroSha = '0'.repeat(40);

/** GitHub shows whole seconds everywhere. */
export const stamp = (world: Pick<World, 'now'>): string => `${world.now().toISOString().slice(0, 19)}Z`;

export const nodeId = (prefix: string, id: number): string =>
  `${prefix}_${Buffer.from(`kwDO:${prefix}:${id}`).toString('base64url')}`;

export const isPull = (issue: Issue | undefined): issue is PullRequest => issue?.pull != null;

export const pullRequests = (world: World): PullRequest[] => [...world.issues.values()].filter(isPull);

export const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const fullName = (world: World): string => `${world.organization.login}/${world.repository.name}`;

/** GitHub counts the members of child teams, of theirs too, as members of the parent. */
export function withChildTeams(world: Pick<World, 'teams'>, team: Team): ReadonlyMap<number, 'member' | 'maintainer'> {
  const children = world.teams.filter(({ parent }) => parent === team.id);
  return new Map([...children.flatMap((child) => [...withChildTeams(world, child)]), ...team.members]);
}

/** Everybody who has an account here: people, bots and the organization. */
export const accounts = (world: World): Account[] => [
  ...world.users,
  ...world.registrations.map((registration) => registration.bot),
  world.organization,
];

export function recordEvent(
  world: World,
  issue: Issue,
  event: string,
  facts: { actor: Account; commitId?: string; details?: Record<string, unknown> },
): void {
  world.timeline.push({
    id: world.nextId(),
    issue,
    event,
    actor: facts.actor,
    commitId: facts.commitId ?? null,
    createdAt: stamp(world),
    details: facts.details ?? {},
  });
}
