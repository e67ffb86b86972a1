// A double of github.com for one organization and one repository, over a real bare Git repository.
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { appRoutes } from './apps.ts';
import type { Tokens } from './auth.ts';
import { checkRoutes } from './checks.ts';
import { commentRoutes } from './comments.ts';
import { commitRoutes } from './commits.ts';
import { contentRoutes } from './contents.ts';
import { addUser, createControls } from './controls.ts';
import { installationEvent, pingEvent } from './events.ts';
import { createFaults } from './faults.ts';
import { createGit, type Files } from './git.ts';
import { gitDataRoutes } from './git-data.ts';
import { installHook } from './git-http.ts';
import { issueRoutes } from './issues.ts';
import { organizationRoutes } from './organization.ts';
import { createPerson, type Person } from './person.ts';
import { pullRoutes } from './pulls.ts';
import { repositoryRoutes } from './repository.ts';
import { reviewRoutes } from './reviews.ts';
import { createRouter, type Route } from './router.ts';
import { rulesetRoutes } from './rulesets.ts';
import { createLock, type Exchange, listen } from './server.ts';
import { anAdmin, createWebhooks } from './webhooks.ts';
import { type Emission, type Registration, type Role, sameText, stamp, type World, zeroSha } from './world.ts';

export type { Effect, Fault, Match, Moment, RequestFacts, WebhookEffect, WebhookMatch } from './faults.ts';
export type { FileChange, Files } from './git.ts';
export type { Person, PushOptions } from './person.ts';
export type { Exchange } from './server.ts';
export type { Delivery } from './webhooks.ts';
export type { Role } from './world.ts';

export type GitHubOptions = {
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch?: string;
  readonly repositoryId?: number;
  /** The files of the genesis commit. */
  readonly seed: Files;
  /** `admin` makes an administrator; else everybody may write, unless `role` says less; `member: false` is an outsider. */
  readonly people: readonly { login: string; id: number; admin?: boolean; role?: Role; member?: boolean }[];
  readonly teams: readonly { slug: string; id: number; members: readonly string[] }[];
  readonly app: { slug: string; id: number; installationId: number; privateKey?: string; webhookSecret: string };
  /** Where the bare repository lives; a temporary folder, removed at the end, unless given. */
  readonly dir?: string;
  /** The server's clock. */
  readonly now?: () => Date;
  /** Whether administrators may push past the rulesets, as they may by default. */
  readonly adminsBypass?: boolean;
};
export type GitHubDouble = Awaited<ReturnType<typeof startGitHub>>;

const permissions = {
  checks: 'write',
  contents: 'write',
  issues: 'write',
  members: 'read',
  metadata: 'read',
  pull_requests: 'write',
} as const;

/** Every path that the double answers, as GitHub's description names it. */
export function allRoutes(tokens: Tokens = new Map()): readonly Route[] {
  return [
    ...appRoutes(tokens),
    ...checkRoutes,
    ...commentRoutes,
    ...commitRoutes,
    ...contentRoutes,
    ...gitDataRoutes,
    ...issueRoutes,
    ...organizationRoutes,
    ...pullRoutes,
    ...repositoryRoutes,
    ...reviewRoutes,
    ...rulesetRoutes,
  ];
}

export async function startGitHub(options: GitHubOptions) {
  const { server, origin, serve } = await listen();
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'github-')));
  const now = options.now ?? (() => new Date());
  const faults = createFaults();
  const { app: given } = options;
  const webhooks = createWebhooks({ secret: given.webhookSecret, hookId: given.id, faults, now });
  const privateKey = given.privateKey ?? newPrivateKey();
  const app = register({ ...given, permissions, privateKey });
  const otherKey = newPrivateKey();
  const other = register({
    slug: 'other-ci',
    id: given.id + 1,
    installationId: given.installationId + 1,
    permissions,
    privateKey: otherKey,
  });
  const git = await makeRepository(dir, options);
  const world = makeWorld({ options, origin, now, git, app, other, emit: webhooks.emit });
  const genesis = await seed(world, options.seed);
  const tokens: Tokens = new Map();
  const requests: Exchange[] = [];
  const lock = createLock();
  const controls = createControls(world);
  controls.rulesets.reset(options.adminsBypass ?? true);
  serve({ world, tokens, router: createRouter(allRoutes(tokens)), faults, requests, lock });
  return {
    /** The base of the API; `/api/v3` before every path works as well. */
    url: origin,
    htmlUrl: origin,
    cloneUrl: `${origin}/${options.owner}/${options.name}.git`,
    /** The path of the bare repository. */
    bare: git.path,
    repository: { id: world.repository.id, owner: options.owner, name: options.name, genesis },
    app: {
      id: app.id,
      slug: app.slug,
      installationId: app.installationId,
      privateKey,
      webhookSecret: given.webhookSecret,
      userId: app.bot.id,
      login: app.bot.login,
    },
    /** Another app with the same permissions, for whoever tries to pass for ours; its token never ends. */
    otherApp: { id: other.id, slug: other.slug, login: other.bot.login, token: lastingToken(tokens, other) },
    as: (login: string): Person => {
      const user = world.users.find((candidate) => sameText(candidate.login, login));
      if (!user) throw new Error(`there is nobody called ${login}`);
      return createPerson(world, user, lock);
    },
    webhooks: {
      targets: webhooks.targets,
      deliveries: webhooks.deliveries,
      redeliver: webhooks.redeliver,
      ping: () => pingEvent(world, app.id),
      announceInstallation: () => installationEvent(world, anAdmin(world), 'created'),
    },
    faults: {
      on: faults.on,
      onWebhook: faults.onWebhook,
      onRequest: faults.onRequest,
      down: faults.down,
      up: faults.up,
      clear: faults.clear,
      /** The next merges answer 405 "Base branch was modified". */
      baseModified: (times = 1) => {
        world.switches.baseModified = times;
      },
    },
    switches: world.switches,
    requests,
    ...controls,
    /** Every installation token stops working, as if an hour had gone by. */
    expireTokens: () => tokens.clear(),
    idle: webhooks.idle,
    close: async (): Promise<void> => {
      webhooks.targets.list().forEach(webhooks.targets.remove);
      await webhooks.idle();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

const newPrivateKey = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function register(
  facts: Pick<Registration, 'slug' | 'id' | 'installationId' | 'permissions'> & { privateKey: string },
): Registration {
  const { slug, id, installationId } = facts;
  const publicKey = createPublicKey(facts.privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const bot = { id: 190_000_000 + id, login: `${slug}[bot]`, type: 'Bot' as const };
  return { id, slug, installationId, permissions: facts.permissions, publicKey, bot };
}

function lastingToken(tokens: Tokens, registration: Registration): string {
  const token = `ghs_${randomBytes(18).toString('hex')}`;
  const granted = { ...registration.permissions, statuses: 'write' };
  tokens.set(token, { registration, permissions: granted, expiresAt: new Date('2100-01-01') });
  return token;
}

async function makeRepository(dir: string, options: GitHubOptions) {
  const path = join(resolve(dir), `${options.name}.git`);
  await mkdir(path, { recursive: true });
  const git = createGit(path);
  await git.run(['init', '--quiet', '--bare', `--initial-branch=${options.defaultBranch ?? 'main'}`, '.']);
  const settings = {
    'http.receivepack': 'true',
    'receive.fsckObjects': 'true',
    'receive.hideRefs': 'refs/pull',
    'transfer.hideRefs': 'refs/forks',
    'uploadpack.allowAnySHA1InWant': 'true',
    'uploadpack.allowFilter': 'true',
    'gc.auto': '0',
  };
  for (const [name, value] of Object.entries(settings)) await git.run(['config', name, value]);
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

function makeWorld({ options, origin, now, git, app, other, emit }: Making): World {
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
  for (const { slug, id: teamId, members } of options.teams) {
    const ids = world.users.filter((user) => members.includes(user.login)).map((user) => user.id);
    world.teams.push({ id: teamId, slug, createdAt: stamp(world), members: new Map(ids.map((it) => [it, 'member'])) });
  }
  return world;
}

async function seed(world: World, files: Files): Promise<string> {
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
