// A double of github.com for one organization and one repository, over a real bare Git repository.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appRoutes } from './apps.ts';
import type { Tokens } from './auth.ts';
import { checkRoutes } from './checks.ts';
import { commentRoutes } from './comments.ts';
import { commitRoutes } from './commits.ts';
import { contentRoutes } from './contents.ts';
import { createControls, findUser } from './controls.ts';
import { installationEvent, pingEvent } from './events.ts';
import { createFaults } from './faults.ts';
import { defaultKey, type GitHubOptions, makeRepository, makeWorld, register, seed } from './founding.ts';
import { gitDataRoutes } from './git-data.ts';
import { graphqlRoute } from './graphql.ts';
import { issueRoutes } from './issues.ts';
import { organizationRoutes } from './organization.ts';
import { createPerson, type Person } from './person.ts';
import { pullRoutes } from './pulls.ts';
import { repositoryRoutes } from './repository.ts';
import { reviewRoutes } from './reviews.ts';
import { createRouter, type Route } from './router.ts';
import { rulesetRoutes } from './rulesets.ts';
import { createLock, type Exchange, listen } from './server.ts';
import { statusRoutes } from './statuses.ts';
import { anAdmin, createWebhooks } from './webhooks.ts';
import type { Registration } from './world.ts';

export type { Effect, Fault, Match, Moment, RequestFacts, WebhookEffect, WebhookMatch } from './faults.ts';
export type { GitHubOptions } from './founding.ts';
export type { FileChange, Files } from './git.ts';
export type { Person, PushOptions } from './person.ts';
export type { Exchange } from './server.ts';
export type { Delivery } from './webhooks.ts';
export type { Role } from './world.ts';

export type GitHubDouble = Awaited<ReturnType<typeof startGitHub>>;

/** Every path of the REST API that the double answers, as GitHub's description names it. */
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
    ...statusRoutes,
  ];
}

export async function startGitHub(options: GitHubOptions) {
  const { server, origin, serve } = await listen();
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'github-')));
  const now = options.now ?? (() => new Date());
  const faults = createFaults();
  const { app: given } = options;
  const webhooks = createWebhooks({ secret: given.webhookSecret, hookId: given.id, faults, now });
  const privateKey = given.privateKey ?? defaultKey();
  const app = register({ ...given, privateKey });
  const other = register({
    slug: 'other-ci',
    id: given.id + 1,
    installationId: given.installationId + 1,
    privateKey: defaultKey(),
  });
  const git = await makeRepository(dir, options);
  const world = makeWorld({ options, origin, now, git, app, other, emit: webhooks.emit });
  const genesis = await seed(world, options.seed);
  const tokens: Tokens = new Map();
  const requests: Exchange[] = [];
  const lock = createLock();
  const controls = createControls(world);
  controls.rulesets.reset(options.adminsBypass ?? true);
  serve({ world, tokens, router: createRouter([...allRoutes(tokens), graphqlRoute]), faults, requests, lock });
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
    as: (login: string): Person => createPerson(world, findUser(world, login), lock),
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

function lastingToken(tokens: Tokens, registration: Registration): string {
  const token = `ghs_${randomBytes(18).toString('hex')}`;
  const granted = { ...registration.permissions, statuses: 'write' };
  tokens.set(token, { registration, permissions: granted, expiresAt: new Date('2100-01-01') });
  return token;
}
