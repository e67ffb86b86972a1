// GitHub's own description of its API, fetched once, cut down to what the double answers, and made into checks.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { allRoutes, type Delivery, type Exchange } from '../sandbox/github/index.ts';
import { checkGraphql } from './github-graphql.ts';
import { type Checker, createChecker } from './openapi-checker.ts';
import { type Description, reduce } from './openapi-reduce.ts';

const version = '23.0.2';
// From the registry on the day the version was chosen; another tarball under the same number is refused.
const integrity = 'pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==';
const cache = join(import.meta.dirname, '../../.cache/github-openapi');
const run = promisify(execFile);

/** The webhooks that the double sends. */
const webhooks =
  /^(check-run|check-suite|installation|issue-comment|issues|membership|organization|ping|pull-request|push|team)/;

/** Every deviation from GitHub's description in what was asked, answered and sent; none is an empty list. */
export async function checkTraffic(
  requests: readonly Exchange[],
  deliveries: readonly Delivery[],
): Promise<readonly string[]> {
  const checker = await githubChecker();
  const deviations = [
    ...requests.flatMap((one) => (one.operation === '/graphql' ? checkGraphql(one) : checker.exchange(one))),
    ...deliveries.flatMap(checker.delivery),
  ];
  return [...new Set(deviations)];
}

let loading: Promise<Checker> | undefined;

export function githubChecker(): Promise<Checker> {
  loading ??= loadDescription().then(createChecker);
  // What could not be had once is tried again.
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

/** Why the contract cannot be checked here, or null; with CI=true that is an error, as nobody would notice. */
export async function whyUnavailable(): Promise<string | null> {
  try {
    await githubChecker();
    return null;
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

async function loadDescription(): Promise<Description> {
  const operations = allRoutes().map((route) => `${route.method} ${route.path}`);
  const digest = createHash('sha256')
    .update(operations.sort().join('\n') + webhooks.source)
    .digest('hex')
    .slice(0, 12);
  const name = `api.github.com-${version}-${digest}.json`;
  const known = await readFile(join(cache, name), 'utf8').catch(() => undefined);
  if (known !== undefined) return JSON.parse(known);
  const description = reduce(await fetchDescription(), operations, webhooks);
  await keep(name, JSON.stringify(description));
  return description;
}

async function fetchDescription(): Promise<Description> {
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'fetch-'));
  try {
    await run('npm', ['pack', `@octokit/openapi@${version}`, '--silent', '--pack-destination', scratch], {
      cwd: scratch,
    });
    const [tarball = ''] = await readdir(scratch);
    const digest = createHash('sha512')
      .update(await readFile(join(scratch, tarball)))
      .digest('base64');
    if (digest !== integrity) throw new Error(`the tarball has the digest sha512-${digest}`);
    // Unpacked, the package is 385 MB; this one file of it is 13 MB.
    const wanted = 'package/generated/api.github.com.json';
    await run('tar', ['-xzf', tarball, wanted], { cwd: scratch });
    return JSON.parse(await readFile(join(scratch, wanted), 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot fetch @octokit/openapi@${version} from the npm registry: ${why}`, { cause });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** By a rename, as several test processes may do this at once. */
async function keep(name: string, content: string): Promise<void> {
  const draft = join(cache, `${name}.${process.pid}`);
  await writeFile(draft, content);
  await rename(draft, join(cache, name));
}
