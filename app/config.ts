// The process's configuration, from its environment: every mistake at once, each with the name and what to write.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Config = {
  readonly github: {
    readonly url: string;
    readonly appId: number;
    readonly privateKey: string;
    readonly webhookSecret: string;
  };
  readonly repository: { readonly owner: string; readonly name: string; readonly id: number; readonly branch: string };
  /** The one root: everything that counts chains to this commit and these keys. */
  readonly root: { readonly genesis: string; readonly fingerprints: readonly string[] };
  /** PEM of the Ed25519 key that signs authorizations. */
  readonly signingKey: string;
  readonly dataDir: string;
  readonly stateUrl: string | null;
  readonly secretsProvider: string | null;
  readonly listen: { readonly host: string; readonly port: number };
  /** Null: whoever reaches the port may read the metrics. */
  readonly metricsToken: string | null;
  readonly passMs: number;
  readonly proofGapMs: number;
  /** How old access that no grant explains must be before it is taken away. */
  readonly orphanMs: number;
  readonly drainMs: number;
  /** How long GitHub or AWS may take to answer one request. */
  readonly answerMs: number;
  readonly logLevel: string;
  readonly awsPlugin: string | null;
};

/** What only one process at a time may use: the engine's state where it is a folder, else the data folder. */
export function stateFolder({ stateUrl, dataDir }: Pick<Config, 'stateUrl' | 'dataDir'>): string {
  return stateUrl?.startsWith('file://') ? fileURLToPath(stateUrl) : dataDir;
}

export type ConfigRead =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

type Env = Readonly<Record<string, string | undefined>>;

export function readConfig(env: Env): ConfigRead {
  const read = new Reader(env);
  const [owner = '', name = ''] = read
    .match('BREAKGLASS_REPOSITORY', /^[\w.-]+\/[\w.-]+$/, 'owner/name of the access repository')
    .split('/');
  const config: Config = {
    github: {
      url: read.optional('BREAKGLASS_GITHUB_URL') ?? 'https://api.github.com',
      appId: read.whole('BREAKGLASS_APP_ID', "the App's numeric id, from its settings page"),
      privateKey: read.secret('BREAKGLASS_PRIVATE_KEY', "the App's private key, a PEM file"),
      webhookSecret: read.secret('BREAKGLASS_WEBHOOK_SECRET', "the App's webhook secret, at least 16 characters", 16),
    },
    repository: {
      owner,
      name,
      id: read.whole('BREAKGLASS_REPOSITORY_ID', 'the repository\'s numeric id (GET /repos/owner/name, "id")'),
      branch: read.optional('BREAKGLASS_BRANCH') ?? 'main',
    },
    root: {
      genesis: read.match(
        'BREAKGLASS_GENESIS',
        /^[0-9a-f]{40,64}$/,
        'the full id of the commit that brought policies/',
      ),
      fingerprints: read
        .match(
          'BREAKGLASS_KEY_FINGERPRINTS',
          /^[0-9a-f]{64}(,[0-9a-f]{64})*$/,
          'fingerprints of the signing keys, comma-separated (breakglass keys new prints them)',
        )
        .split(','),
    },
    signingKey: read.secret(
      'BREAKGLASS_SIGNING_KEY',
      'the Ed25519 private key, a PEM file made by breakglass keys new',
    ),
    dataDir: resolve(read.optional('BREAKGLASS_DATA_DIR') ?? '.breakglass'),
    stateUrl: read.optional('BREAKGLASS_STATE_URL'),
    secretsProvider: read.optional('BREAKGLASS_SECRETS_PROVIDER'),
    listen: { host: read.optional('BREAKGLASS_HOST') ?? '127.0.0.1', port: read.number('PORT', 3000) },
    metricsToken: read.optionalSecret('BREAKGLASS_METRICS_TOKEN', 'at least 16 characters', 16),
    passMs: read.number('BREAKGLASS_PASS_SECONDS', 60) * 1000,
    proofGapMs: read.number('BREAKGLASS_PROOF_GAP_SECONDS', 30) * 1000,
    orphanMs: read.number('BREAKGLASS_ORPHAN_SECONDS', 600) * 1000,
    answerMs: Math.round(read.number('BREAKGLASS_ANSWER_SECONDS', 10, 1) * 1000),
    drainMs: read.number('BREAKGLASS_DRAIN_SECONDS', 60) * 1000,
    logLevel: read.optional('BREAKGLASS_LOG_LEVEL') ?? 'info',
    awsPlugin: read.optional('BREAKGLASS_AWS_PLUGIN'),
  };
  return read.problems.length > 0 ? { kind: 'invalid', problems: read.problems } : { kind: 'config', config };
}

export type SigningKeyRead =
  | { readonly kind: 'key'; readonly pem: string | null }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** The signing key alone, for commands that need nothing else of the app; null where it is not configured. */
export function readSigningKey(env: Env): SigningKeyRead {
  const read = new Reader(env);
  const names = ['BREAKGLASS_SIGNING_KEY', 'BREAKGLASS_SIGNING_KEY_FILE'];
  if (names.every((name) => read.optional(name) === null)) return { kind: 'key', pem: null };
  const pem = read.secret('BREAKGLASS_SIGNING_KEY', 'the Ed25519 private key, a PEM file made by breakglass keys new');
  return read.problems.length > 0 ? { kind: 'invalid', problems: read.problems } : { kind: 'key', pem };
}

class Reader {
  readonly problems: string[] = [];
  readonly #env: Env;
  constructor(env: Env) {
    this.#env = env;
  }
  optional(name: string): string | null {
    const value = this.#env[name]?.trim();
    return value === undefined || value === '' ? null : value;
  }
  match(name: string, pattern: RegExp, what: string): string {
    const value = this.optional(name);
    if (value === null) this.problems.push(`${name} is missing: ${what}`);
    else if (!pattern.test(value)) this.problems.push(`${name} is not of the right form: ${what}`);
    return value ?? '';
  }
  whole(name: string, what: string): number {
    return Number(this.match(name, /^[1-9]\d{0,14}$/, what));
  }
  number(name: string, otherwise: number, least = 0): number {
    const value = this.optional(name);
    if (value === null) return otherwise;
    if (!/^\d{1,6}(\.\d{1,3})?$/.test(value)) this.problems.push(`${name} must be a number, not "${value}"`);
    else if (Number(value) < least) this.problems.push(`${name} must be at least ${least}, not ${value}`);
    return Number(value);
  }
  optionalSecret(name: string, what: string, shortest: number): string | null {
    const given = [name, `${name}_FILE`].filter((one) => this.optional(one) !== null);
    return given.length === 0 ? null : this.secret(name, what, shortest);
  }
  /** `NAME_FILE` names a file; `NAME` holds the text itself. The value is in no message. */
  secret(name: string, what: string, shortest = 1): string {
    const file = this.optional(`${name}_FILE`);
    let value = this.optional(name);
    if (file !== null) {
      try {
        value = readFileSync(file, 'utf8').trim();
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
        this.problems.push(`${name}_FILE names ${file}, which cannot be read (${code})`);
        return '';
      }
    }
    if (value === null) this.problems.push(`${name}_FILE is missing: ${what}`);
    else if (value.length < shortest) this.problems.push(`${name} is too short: ${what}`);
    return value ?? '';
  }
}
