// Facts of one pull request, honest unless a test says otherwise.
import { classifyChange } from '../../../app/core/decision/change.ts';
import type { PullFacts, PullState } from '../../../app/core/decision/facts.ts';
import type { Comment, Membership, Push, Review, User } from '../../../app/core/decision/people.ts';
import { parseGrant } from '../../../app/core/grant/parse.ts';
import type { TreeChange } from '../../../app/core/ledger/history.ts';
import type { Ledger } from '../../../app/core/ledger/ledger.ts';
import type { Selector } from '../../../app/core/policy/policy.ts';
import { at, GRANT, grantText, HistoryBuilder, hash, REPOSITORY } from '../ledger/history-builder.ts';

export const HEAD = hash('the head');
export const ZERO = '0'.repeat(40);

const user = (login: string, id: number, type = 'User'): User => ({ login, id, type });
export const octocat = user('octocat', 583231);
export const hubot = user('hubot', 480938);
export const boss = user('hubot-boss', 1234567);
export const lead = user('octo-lead', 2345678);
export const commander = user('commander', 7001);
export const second = user('second-commander', 7002);
export const outsider = user('outsider', 9009);
export const bot = user('dependabot[bot]', 8008, 'Bot');
export const app = user('breakglass[bot]', 5005, 'Bot');

/** Who is in which team; everybody else is not. */
export const TEAMS: Readonly<Record<string, readonly User[]>> = {
  sre: [octocat, hubot],
  engineering: [octocat, hubot, lead],
  'incident-commanders': [commander, second],
};

export function memberships(teams: Readonly<Record<string, readonly User[] | 'unknown'>> = TEAMS) {
  return (selector: Selector, id: number): Membership => {
    if (selector.kind === 'user') return selector.id === id ? 'member' : 'not-member';
    const team = teams[selector.team] ?? [];
    if (team === 'unknown') return 'unknown';
    return team.some((one) => one.id === id) ? 'member' : 'not-member';
  };
}

export const pull = (more: Partial<PullState> = {}): PullState => ({
  number: 42,
  state: 'open',
  merged: false,
  draft: false,
  author: octocat,
  head: { sha: HEAD, ref: 'grant-me', repositoryId: REPOSITORY },
  base: { sha: hash('base'), ref: 'main', repositoryId: REPOSITORY },
  createdAt: at(0),
  ...more,
});

export const push = (more: Partial<Push> = {}): Push => ({
  actor: octocat,
  before: ZERO,
  after: HEAD,
  at: at(-1),
  kind: 'branch_creation',
  ...more,
});

let ids = 100;
export function comment(
  body: string,
  author: User | null = commander,
  more: Partial<Comment> & { readonly minutes?: number } = {},
): Comment {
  const { minutes = 1, ...over } = more;
  ids += 1;
  return {
    id: ids,
    nodeId: `IC_${ids}`,
    author,
    appId: null,
    body,
    createdAt: at(minutes),
    updatedAt: at(minutes),
    ...over,
  };
}

export function review(state: Review['state'], author: User | null = commander, minutes = 1, body = ''): Review {
  ids += 1;
  return { id: ids, nodeId: `PRR_${ids}`, author, state, body, submittedAt: at(minutes) };
}

/** Under the first rule: one incident commander approves, two hours at most, an incident. */
export const PRODUCTION = `${grantText({ account: 'prod-payments' })}incident: INC-1\n`;

export const world = new HistoryBuilder();
export const emptyLedger: Ledger = world.ledger();

export type Asked = Partial<PullFacts> & {
  readonly text?: string;
  readonly id?: string;
  readonly changes?: readonly TreeChange[];
};

export function facts({ text = PRODUCTION, id = 'first', changes, ...more }: Asked = {}): PullFacts {
  const change = more.change ?? classifyChange(changes ?? [world.add(id, text)]);
  const said = [...(more.comments ?? []), ...(more.reviews ?? [])];
  const isGrant = change.kind === 'request' || change.kind === 'extension';
  return {
    pull: pull(),
    configured: { repositoryId: REPOSITORY, branch: 'main' },
    self: { appId: 77, userId: app.id },
    change,
    grantFile: isGrant ? parseGrant(change.file.path, Buffer.from(text)) : null,
    comments: [],
    reviews: [],
    edits: new Map(said.map((one) => [one.nodeId, 'unedited'])),
    pushes: [push()],
    reopenedAt: null,
    ledger: emptyLedger,
    inlinePolicy: { characters: 1000, limit: 10_240 },
    mergedPolicy: null,
    removals: new Map(),
    membership: memberships(),
    teamProblems: [],
    now: at(5),
    ...more,
  };
}

export { at, GRANT, grantText };
