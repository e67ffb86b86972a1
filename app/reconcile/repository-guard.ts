// Looks whether the branch is protected as README's install chapter has it: what a person sets up once, another may undo.
import type { BranchRule } from '../github/port.ts';
import type { Context } from './context.ts';

/** What the app remembers between two looks. */
export type GuardMemory = {
  lookedAt: Date | null;
  /** Since when GitHub has not said which rules there are. */
  unreadSince: Date | null;
};

/** One request every so often; while GitHub does not answer, in every pass. */
const EVERY_MS = 10 * 60_000;
/** GitHub is away for a minute now and then, and that wakes nobody for this. */
const PATIENCE_MS = 10 * 60_000;

export type Guarding = Pick<Context, 'github' | 'configured' | 'alarms'> & {
  readonly memory: Pick<Context['memory'], 'guard'>;
};

/**
 * Only alarms: what is pushed or merged past the app grants nothing with or without rulesets, and neither requests nor
 * ends wait for them. Who may bypass a ruleset, and branch protection of the older kind, GitHub shows to administrators
 * only, and the app is none.
 */
export async function guardRepository(context: Guarding): Promise<void> {
  const { github, configured, alarms, memory } = context;
  const now = github.now();
  if (memory.guard.lookedAt !== null && now.getTime() - memory.guard.lookedAt.getTime() < EVERY_MS) return;
  const { branch } = configured;
  try {
    const [rules, self] = await Promise.all([github.branchRules(branch), github.self()]);
    memory.guard.lookedAt = now;
    memory.guard.unreadSince = null;
    alarms.clear('branch-protection-unknown');
    const lacks = lacking(rules, self.appId);
    if (lacks.length === 0) alarms.clear('branch-unprotected');
    else alarms.raise('branch-unprotected', branch, unprotected(branch, lacks), { branch, lacks });
  } catch (error) {
    memory.guard.unreadSince ??= now;
    if (now.getTime() - memory.guard.unreadSince.getTime() < PATIENCE_MS) return;
    const why = error instanceof Error ? error.message : String(error);
    alarms.raise('branch-protection-unknown', branch, unread(branch, why), { branch });
  }
}

/** Each lack with what it lets somebody do. */
export function lacking(rules: readonly BranchRule[], appId: number): readonly string[] {
  const missing = NEEDED.filter(([type]) => !rules.some((rule) => rule.type === type)).map(([, lack]) => lack);
  return [...missing, ...lackOfCheck(rules, appId)];
}

/** The rules of the first ruleset in README; the second is the required check. */
const NEEDED = [
  ['deletion', 'no rule "deletion": anybody who may write can delete the branch'],
  ['non_fast_forward', 'no rule "non_fast_forward": anybody who may write can rewrite history'],
  ['pull_request', 'no rule "pull_request": anybody who may write can push without one'],
] as const;

const CHECK = 'breakglass';

function lackOfCheck(rules: readonly BranchRule[], appId: number): readonly string[] {
  const named = rules.flatMap(({ checks }) => checks).filter(({ context }) => context === CHECK);
  if (named.some((check) => check.appId === appId)) return [];
  if (named.length === 0)
    return [`no rule "required_status_checks" with "${CHECK}": people can merge what the app has not judged`];
  const pins = named.map((one) => (one.appId === null ? 'any app or status' : `App ${one.appId}`)).join(', ');
  return [
    `"${CHECK}" is required of ${pins} and not of App ${appId} (integration_id): a check that is not the app's lets people merge`,
  ];
}

function unprotected(branch: string, lacks: readonly string[]): string {
  return `the branch ${branch} is not protected by rulesets as it should be: ${lacks.join('; ')}. What is merged by hand grants nothing, but set up the rulesets of README's install chapter again. Branch protection of the older kind does not count: GitHub shows it to administrators only`;
}

function unread(branch: string, why: string): string {
  return `GitHub has not said for ${PATIENCE_MS / 60_000} minutes which rules protect the branch ${branch} (${why}). Look at the repository's rulesets, and whether its plan has them`;
}
