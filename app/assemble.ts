// Puts one process together from its configuration: ports, memory, queue. Used by the server and by the commands.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createIdentityCenter } from './aws/identity-center.ts';
import { createLimiter } from './aws/limiter.ts';
import type { IdentityCenter } from './aws/port.ts';
import type { Config } from './config.ts';
import { signerFor } from './core/record/authorization.ts';
import type { Engine } from './engine/engine.ts';
import { createEngine } from './engine/inline.ts';
import { findPulumi } from './engine/pulumi-cli.ts';
import { openMirror } from './git/mirror.ts';
import { lazyGitHub } from './github/lazy.ts';
import { connectGitHub } from './github/octokit.ts';
import { createAlarms, type Raised } from './reconcile/alarms.ts';
import { type Context, createMemory, type EngineState } from './reconcile/context.ts';
import { holdsFolder, openHolds } from './reconcile/hold-files.ts';
import { heedHolds } from './reconcile/holds.ts';
import { ledgerReader } from './reconcile/ledger-reader.ts';
import type { Measure } from './reconcile/measured.ts';
import { createExaminer } from './reconcile/policy-examiner.ts';
import { endedFolder, openRevocations } from './reconcile/revocations.ts';
import { createSweepMemory, type SweepMemory } from './reconcile/sweep-memory.ts';
import { openUnexplainedRemovals } from './reconcile/unexplained-removals.ts';
import { readWatch, restoredAlarms, restoreMemory } from './reconcile/watch-file.ts';

export type Assembly = {
  readonly context: Context;
  readonly connected: () => boolean;
  /** Finds or makes the engine's CLI and takes the engine into use. */
  readonly startEngine: () => Promise<Engine>;
  /** The state is ours, but the engine does not start. */
  readonly engineUnavailable: (reason: string) => void;
};

export async function assemble(
  config: Config,
  log: Logger,
  enqueue: Context['enqueue'],
  measure: Measure = () => {},
): Promise<Assembly> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const { repository } = config;
  const { github, connected } = lazyGitHub(() =>
    connectGitHub({
      appId: config.github.appId,
      privateKey: config.github.privateKey,
      baseUrl: config.github.url,
      owner: repository.owner,
      name: repository.name,
      repositoryId: repository.id,
      log,
      timeoutMs: config.answerMs,
    }),
  );
  const mirror = await openMirror({
    dir: join(config.dataDir, 'mirror.git'),
    url: once(async () => (await github.repository()).cloneUrl),
    branch: repository.branch,
    token: () => github.token(),
  });
  const configured = { repositoryId: repository.id, branch: repository.branch, ...config.root };
  const saved = readWatch(config.dataDir);
  const alarms = createAlarms({ log, now: () => github.now(), restored: restoredAlarms(saved) });
  const revocations = openRevocations(endedFolder(config.dataDir), {
    unwritten: ({ message }) => {
      const sentence = 'an early end is remembered by this process alone';
      alarms.happened('end-not-on-disk', 'disk', sentence, { error: message });
    },
    unread: (file, { message }) => {
      const sentence = `${file} cannot be read: ${message}`;
      alarms.happened('data-unreadable', file, sentence, { file, error: message });
    },
  });
  const holds = openHolds(holdsFolder(config.dataDir), (files) => alarms.hold('data-unreadable', files.map(unread)));
  const memory = createMemory(revocations, holds, sweepMemory(config));
  const reader = ledgerReader({ dir: mirror.dir, root: configured, tip: mirror.tip }, alarms);
  let engine: EngineState = { kind: 'standby' };
  const context: Context = {
    configured,
    github,
    mirror,
    identityCenter: identityCenters(config, log),
    engine: () => engine,
    signer: ({ policy, position }) => signerFor(config.signingKey, policy.value.keys, position + 1),
    enqueue,
    ledger: async () => {
      const ledger = await reader.ledger();
      memory.holds.forgetOver(github.now());
      heedHolds(memory.holds, ledger, memory.revoked);
      return ledger;
    },
    frozen: reader.frozen,
    examine: createExaminer(),
    exclusively: oneAtATime(),
    memory,
    alarms,
    measure,
    log,
  };
  restoreMemory(context, saved);
  const startEngine = async (): Promise<Engine> => {
    const pulumi = await findPulumi({ onProgress: (line) => log.info(line) });
    const made = createEngine({
      source: { mirror: mirror.dir, ...configured },
      dataDir: config.dataDir,
      pulumi,
      log,
      env: process.env,
      ...(config.stateUrl === null ? {} : { stateUrl: config.stateUrl }),
      ...(config.secretsProvider === null ? {} : { secretsProvider: config.secretsProvider }),
      ...(config.awsPlugin === null ? {} : { awsPlugin: config.awsPlugin }),
    });
    engine = { kind: 'ready', engine: made };
    return made;
  };
  const engineUnavailable = (reason: string): void => {
    engine = { kind: 'unavailable', reason };
  };
  return { context, connected, startEngine, engineUnavailable };
}

function unread({ file, reason }: { readonly file: string; readonly reason: string }): Raised {
  const sentence = `${file} cannot be read (${reason}): nothing is granted to whom it may concern, and nobody is ended by it`;
  return { subject: file, sentence, facts: { file, error: reason } };
}

function sweepMemory({ dataDir, orphanMs }: Config): SweepMemory {
  return createSweepMemory(orphanMs, openUnexplainedRemovals(join(dataDir, 'unexplained-removals.json')));
}

/** Remembered once known; git follows GitHub's redirect of a renamed repository. */
function once(read: () => Promise<string>): () => Promise<string> {
  let known: string | null = null;
  return async () => {
    known ??= await read();
    return known;
  };
}

/** One client for each Identity Center that policy or a grant names; in practice one. */
function identityCenters(config: Config, log: Logger): Context['identityCenter'] {
  const limiter = createLimiter();
  const known = new Map<string, IdentityCenter>();
  return ({ region, instanceArn, identityStoreId }) => {
    const found = known.get(instanceArn);
    if (found !== undefined) return found;
    const made = createIdentityCenter({
      region,
      instanceArn,
      identityStoreId,
      repositoryId: config.repository.id,
      log,
      cacheFile: join(config.dataDir, 'permission-set-names.json'),
      proofGapMs: config.proofGapMs,
      answerMs: config.answerMs,
      // A short gap is a sandbox whose AWS answers at once.
      pollMs: Math.min(1000, Math.max(20, config.proofGapMs / 10)),
      limiter,
    });
    known.set(instanceArn, made);
    return made;
  };
}

function oneAtATime(): Context['exclusively'] {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const next = last.then(run, run);
    last = next.catch(() => {});
    return next;
  };
}
