// The connection to AWS: the SDK's client with Terraform's retries, and never to AWS itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { SSOAdminClient } from '@aws-sdk/client-sso-admin';

export type Connection = {
  readonly client: SSOAdminClient;
  readonly region: string;
  /** Multiplies every wait of the provider: 1 is real. */
  readonly waitScale: number;
  /** Milliseconds after which a wait gives up, in place of the provider's own 5 or 10 minutes. */
  readonly waitLimit: number | undefined;
};

/** The region of the configuration (aws:region) goes before that of the environment. */
export function connect(environment: NodeJS.ProcessEnv, configured: string | undefined): Connection {
  const endpoint = environment.AWS_ENDPOINT_URL ?? '';
  if (!/^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(endpoint)) {
    throw new Error(`The stand-in provider talks to a double on this machine only; AWS_ENDPOINT_URL is "${endpoint}".`);
  }
  const region = configured ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  if (region === undefined) throw new Error('invalid AWS Region: set aws:region or AWS_REGION');
  return {
    client: new SSOAdminClient({ endpoint, region, maxAttempts: 1 }),
    region,
    waitScale: Number(environment.BREAKGLASS_SANDBOX_WAIT_SCALE ?? '1'),
    waitLimit: optionalNumber(environment.BREAKGLASS_SANDBOX_WAIT_LIMIT),
  };
}

// service_package.go: ConflictException and ThrottlingException are retried for every call, like what the SDK retries.
const RETRIED = new Set(['ConflictException', 'ThrottlingException', 'InternalServerException', 'TimeoutError']);
// The provider's max_retries.
const MOST_ATTEMPTS = 25;

export async function retrying<T>({ waitScale }: Connection, call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt + 1 >= MOST_ATTEMPTS || !isRetried(error)) throw error;
      // The SDK for Go: a random part of 2^attempt seconds, 20 at most.
      await sleep(Math.random() * Math.min(2 ** attempt, 20) * 1000 * waitScale);
    }
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}

function isRetried(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return RETRIED.has(error.name) || code === 'ECONNRESET' || code === 'ECONNREFUSED' || code === 'EPIPE';
}

function optionalNumber(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
