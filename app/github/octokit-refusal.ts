// Why the app cannot work with GitHub, in words that name the thing and the next step.
import { type Failure, failureOf } from './octokit-failure.ts';

export type Target = {
  readonly appId: number;
  readonly baseUrl: string;
  readonly owner: string;
  readonly name: string;
};

/** The error to end the start with; the first is kept as its cause. */
export const refusalOf = (error: unknown, target: Target): Error => {
  const failure = failureOf(error);
  if (failure === undefined) {
    const words = error instanceof Error ? error.message : String(error);
    return new Error(`The App's private key cannot be used (${words}). ${KEY_FILE}`, { cause: error });
  }
  return new Error(sentence(failure, target), { cause: error });
};

const KEY_FILE = 'BREAKGLASS_PRIVATE_KEY_FILE must name the .pem file that GitHub made for the App.';

const sentence = (failure: Failure, { appId, baseUrl, owner, name }: Target): string => {
  const { status, message } = failure;
  if (status === null) {
    return `GitHub at ${baseUrl} cannot be reached (${message}). Check the network, the proxy and BREAKGLASS_GITHUB_URL.`;
  }
  if (status === 404 && /integration not found/i.test(message)) {
    return `GitHub knows no App ${appId} (404). Set BREAKGLASS_APP_ID to the App ID on the App's settings page.`;
  }
  if (status === 404) {
    return (
      `The App ${appId} is not installed on ${owner}/${name} (404), or there is no such repository. ` +
      `Install it on that repository on the App's settings page, or correct BREAKGLASS_REPOSITORY.`
    );
  }
  if (status === 401) {
    return (
      `GitHub refused the App's key (401: ${message}). Make a new private key on the App's settings page ` +
      'and set BREAKGLASS_PRIVATE_KEY_FILE; if the key is right, check the clock of this machine and BREAKGLASS_APP_ID.'
    );
  }
  if (status === 403 && /suspended/i.test(message)) {
    return `The installation of the App ${appId} on ${owner} is suspended (403). An owner of ${owner} can unsuspend it.`;
  }
  if (failure.rateLimited)
    return `GitHub's rate limit is used up (${status}: ${message}). Start again when it has reset.`;
  if (status >= 500) return `GitHub at ${baseUrl} answers ${status} (${message}). Try again; see githubstatus.com.`;
  return `GitHub at ${baseUrl} refused the App ${appId} on ${owner}/${name} (${status}: ${message}).`;
};
