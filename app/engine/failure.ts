// What the engine's output means for a person: one sentence that names the thing and the next step.
import { lockedBy, locksIn } from './stack-lock.ts';

export type EngineFailure = {
  readonly error: unknown;
  /** Messages of the engine's error diagnostics: shorter and better than its output. */
  readonly diagnostics: readonly string[];
  readonly stateUrl: string;
};

type Known = {
  readonly pattern: RegExp;
  readonly sentence: (match: RegExpMatchArray, failure: EngineFailure) => string;
};

const MAX_REASON = 300;
const MOST_OF_AN_END = 32_768;
/** What the engine says beside every failure, and what the SDK puts in front of its output. */
const GENERIC = /^(error: )?(update|preview|destroy|refresh) failed$|^code: -?\d+$|^stdout:|^Resources:|^Duration:/i;

/** In this order: an expired credential also makes a store unreachable, a refusal also names a resource. */
const KNOWN: readonly Known[] = [
  {
    pattern: /ExpiredToken|security token included in the request is expired|SSO (session|Token) .*expired/i,
    sentence: () => "the app's AWS credentials have expired: renew them, the operation is tried again",
  },
  {
    pattern:
      /InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|token included in the request is invalid/,
    sentence: () => "AWS does not accept the app's credentials: check the role or the keys that the app runs with",
  },
  {
    pattern:
      /No valid credential sources|failed to refresh cached credentials|[Cc]ould ?n[o']t find credentials|NoCredentialProviders/,
    sentence: () => 'the app has no AWS credentials: give its process a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID',
  },
  {
    pattern: /not authorized to perform: ([\w:*-]+)/,
    sentence: ([, action]) => `the app's AWS role may not ${action}: add that action to the role's policy`,
  },
  {
    pattern: /AccessDenied(?:Exception)?/,
    sentence: () => "AWS denied the app's request: compare the app's role with the policy in the documentation",
  },
  {
    pattern:
      /(?:no resource plugin|[Cc]ould not (?:find|load) plugin|failed to (?:download|install|load) plugin|plugin .*not found|required plugin)[^\n]*?(?:'pulumi-resource-)?(aws)?/,
    sentence: () =>
      'the Pulumi plugin for AWS is missing: run `pulumi plugin install resource aws` with PULUMI_HOME set as for the app, or let the app reach get.pulumi.com',
  },
  {
    pattern: /incorrect passphrase|passphrase must be set/,
    sentence: () =>
      'the passphrase of the state is wrong: set PULUMI_CONFIG_PASSPHRASE to the one with which the stack was made',
  },
  {
    pattern: /spawn \S*pulumi E(?:NOENT|ACCES)/,
    sentence: () =>
      'the Pulumi CLI is no longer where the app found it: put it back, or restart the app so that it finds or makes one',
  },
  {
    // EFBIG: a limit on the size of files, which a service manager may have set.
    pattern: /no space left on device|ENOSPC|EDQUOT|quota exceeded|EFBIG|file too large/,
    sentence: (_, failure) =>
      `there is no space left where the state lies (${store(failure)}): free some, then it goes on`,
  },
  {
    pattern:
      /(?:\.pulumi\/|bucket|blob |checkpoint|backend|PULUMI_BACKEND_URL)[^\n]*(?:connection refused|no such host|i\/o timeout|NoSuchBucket|permission denied|not found|no such file|unable to|reset by peer)|could not (?:list|read) bucket|unable to open bucket|failed to (?:load checkpoint|get (?:bucket|stack))/i,
    sentence: (_, failure) =>
      `the state store ${store(failure)} cannot be reached: check that it exists and that the app may read and write it`,
  },
  {
    pattern: /ServiceQuotaExceeded(?:Exception)?[^\n]*/,
    sentence: () =>
      'a quota of IAM Identity Center is used up: end grants that are not needed, or raise the quota in AWS',
  },
  {
    pattern: /Throttling(?:Exception)?|TooManyRequests|Rate exceeded/,
    sentence: () => 'AWS is throttling the app: the operation is tried again after a pause',
  },
  {
    pattern: /already (?:exists|attached)/,
    sentence: () =>
      'AWS has access of this grant that the state does not know, left by an interrupted operation: it is deleted before the next try',
  },
  {
    pattern: /ConflictException/,
    sentence: () => 'IAM Identity Center is busy with another change to this account: the operation is tried again',
  },
  {
    pattern: /timeout while waiting for|context deadline exceeded/,
    sentence: () => 'IAM Identity Center did not finish in time: what it answers later is read before the next try',
  },
  {
    pattern:
      /connection refused|no such host|i\/o timeout|connection reset|EOF$|ENOTFOUND|ECONNREFUSED|ECONNRESET|TLS handshake/m,
    sentence: () => 'AWS cannot be reached: check the network of the app, the operation is tried again',
  },
];

export function describeFailure(failure: EngineFailure): string {
  const output = failure.error instanceof Error ? failure.error.message : String(failure.error);
  const [lock] = locksIn(output);
  if (lock) return lockedBy(lock);
  const text = [...failure.diagnostics, output].map(ends).map(withoutColour).join('\n');
  for (const { pattern, sentence } of KNOWN) {
    const match = pattern.exec(text);
    if (match) return sentence(match, failure);
  }
  return `the engine failed: ${firstError(text)}`;
}

/** A plugin may write without end: its first and last words are what is looked through. */
function ends(text: string): string {
  return text.length <= 2 * MOST_OF_AN_END ? text : `${text.slice(0, MOST_OF_AN_END)}\n${text.slice(-MOST_OF_AN_END)}`;
}

/** Credentials have many shapes; what looks like one does not go into a comment that everybody reads. */
export function redacted(text: string): string {
  return text
    .replaceAll(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, '[access key]')
    .replaceAll(/((?:secret|token|password|passphrase|authorization)["']?\s*[=:]\s*)\S+/gi, '$1[removed]')
    .replaceAll(/(\w+:\/\/)[^\s/@]+@/g, '$1')
    .replaceAll(/[A-Za-z0-9+/]{40,}={0,2}/g, '[removed]');
}

function firstError(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const said = lines.filter((each) => each !== '' && !GENERIC.test(each));
  const line = said.find((each) => /^error:/i.test(each)) ?? said[0] ?? 'no message';
  const short = redacted(line.replace(/^error:\s*/i, ''));
  return short.length > MAX_REASON ? `${short.slice(0, MAX_REASON)}…` : short;
}

function withoutColour(text: string): string {
  // The engine marks colours as <{%fg 1%}> in events and as escape sequences in its output.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
  return text.replaceAll(/<\{%[^%]*%\}>|\u001b\[[0-9;]*m/g, '');
}

function store(failure: EngineFailure): string {
  return redacted(failure.stateUrl.split('?')[0] ?? '');
}
