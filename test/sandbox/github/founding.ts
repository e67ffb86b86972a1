// How the double begins: its keys and apps, the bare repository with its genesis commit, and an empty memory.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { addUser, findUser } from './controls.ts';
import { createGit, type Files } from './git.ts';
import { installHook } from './git-http.ts';
import { anAdmin } from './webhooks.ts';
import { type Emission, type Registration, type Role, stamp, type World, zeroSha } from './world.ts';

export type GitHubOptions = {
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch?: string;
  readonly repositoryId?: number;
  /** The files of the genesis commit. */
  readonly seed: Files;
  /** `admin` makes an administrator; else everybody may write, unless `role` says less; `member: false` is an outsider. */
  readonly people: readonly { login: string; id: number; admin?: boolean; role?: Role; member?: boolean }[];
  /** `parent` is the id of the team that it is a child of. */
  readonly teams: readonly { slug: string; id: number; members: readonly string[]; parent?: number }[];
  readonly app: { slug: string; id: number; installationId: number; privateKey?: string; webhookSecret: string };
  /** Where the bare repository lives; a temporary folder, removed at the end, unless given. */
  readonly dir?: string;
  /** The server's clock. */
  readonly now?: () => Date;
  /** Whether administrators may push past the rulesets, as they may by default. */
  readonly adminsBypass?: boolean;
};
const permissions = {
  checks: 'write',
  contents: 'write',
  issues: 'write',
  members: 'read',
  metadata: 'read',
  pull_requests: 'write',
} as const;

let generated: string | undefined;

/** One key for all doubles of a process: making one takes longer than everything else at the start. */
export function defaultKey(): string {
  const settings = { modulusLength: 2048 };
  generated ??= generateKeyPairSync('rsa', settings).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return generated;
}

export function register(
  facts: Pick<Registration, 'slug' | 'id' | 'installationId'> & { privateKey: string },
): Registration {
  const { slug, id, installationId } = facts;
  const publicKey = createPublicKey(facts.privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const bot = { id: 190_000_000 + id, login: `${slug}[bot]`, type: 'Bot' as const };
  return { id, slug, installationId, permissions, publicKey, bot };
}

// As on github.com: pull requests' refs can be fetched and not pushed, any commit can be asked for by its id.
const settings = `
[http]
  receivepack = true
[receive]
  fsckObjects = true
  hideRefs = refs/pull
[transfer]
  hideRefs = refs/forks
[uploadpack]
  allowAnySHA1InWant = true
  allowFilter = true
[gc]
  auto = 0
`;

export async function makeRepository(dir: string, options: GitHubOptions) {
  const path = join(resolve(dir), `${options.name}.git`);
  await mkdir(path, { recursive: true });
  const git = createGit(path);
  await git.run(['init', '--quiet', '--bare', `--initial-branch=${options.defaultBranch ?? 'main'}`, '.']);
  await appendFile(join(path, 'config'), settings);
  await installHook(path);
  return git;
}

type Making = {
  readonly options: GitHubOptions;
  readonly origin: string;
  readonly now: () => Date;
  readonly git: World['git'];
  readonly app: Registration;
  readonly other: Registration;
  readonly emit: (emission: Emission) => void;
};

export function makeWorld({ options, origin, now, git, app, other, emit }: Making): World {
  let id = 3_500_000_000; // past 32 bits, as GitHub's own are
  let number = 0;
  const world: World = {
    api: origin,
    web: origin,
    now,
    emit,
    git,
    app,
    nextId: () => (id += 1),
    nextNumber: () => (number += 1),
    organization: { id: 9919, login: options.owner, type: 'Organization' },
    repository: {
      id: options.repositoryId ?? 1_296_269,
      name: options.name,
      defaultBranch: options.defaultBranch ?? 'main',
      createdAt: stamp({ now }),
    },
    registrations: [app, other],
    users: [],
    teams: [],
    issues: new Map(),
    comments: new Map(),
    reviews: new Map(),
    reactions: new Map(),
    suites: new Map(),
    checks: new Map(),
    statuses: [],
    activity: [],
    timeline: [],
    rulesets: new Map(),
    labels: new Map(),
    switches: { reviewsFollowHead: true, lazyMergeable: true, baseModified: 0 },
  };
  for (const { login, id: userId, admin, role, member } of options.people) {
    addUser(world, { login, id: userId, role: admin ? 'admin' : (role ?? 'write'), member: member ?? true });
  }
  for (const { slug, id: teamId, members, parent = null } of options.teams) {
    const ids = members.map((login) => [findUser(world, login).id, 'member'] as const);
    world.teams.push({ id: teamId, slug, createdAt: stamp(world), members: new Map(ids), parent });
  }
  return world;
}

export async function seed(world: World, files: Files): Promise<string> {
  const ref = `refs/heads/${world.repository.defaultBranch}`;
  const known = await world.git.resolve(ref);
  if (known) return (await world.git.revisions(['--max-parents=0', known])).at(-1) ?? known;
  const owner = anAdmin(world);
  const identity = {
    name: owner.login,
    email: `${owner.id}+${owner.login}@users.noreply.github.com`,
    date: stamp(world),
  };
  const tree = await world.git.writeTree(null, files);
  const sha = await world.git.writeCommit({
    tree,
    parents: [],
    author: identity,
    committer: identity,
    message: 'Begin\n',
  });
  await world.git.updateRef(ref, sha);
  world.activity.push({
    id: world.nextId(),
    ref,
    before: zeroSha,
    after: sha,
    timestamp: stamp(world),
    type: 'branch_creation',
    actor: owner,
  });
  return sha;
}
