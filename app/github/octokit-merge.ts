// The one merge call: sent once, pinned to the head that was judged, and its answer put into five cases.

import type { Connection } from './octokit-connection.ts';
import { type Failure, failureOf, isUncertain } from './octokit-failure.ts';
import type { GitHub, MergeAnswer } from './port.ts';

export const mergeVerb = ({ client, at }: Connection): GitHub['merge'] => {
  return async ({ number, sha, title, message }) => {
    try {
      // `sha` makes GitHub refuse a head that was pushed after the judgement. Never repeated: see `isRepeatable`.
      const { data } = await client.rest.pulls.merge({
        ...at,
        pull_number: number,
        sha,
        merge_method: 'squash',
        commit_title: title,
        commit_message: message,
      });
      if (data?.merged === true && typeof data.sha === 'string') return { kind: 'merged', sha: data.sha };
      return { kind: 'uncertain', message: data?.message ?? 'GitHub answered the merge without saying that it merged' };
    } catch (error) {
      const answer = classify(failureOf(error));
      if (answer === undefined) throw error;
      return answer;
    }
  };
};

/** Undefined for what nobody expects: a 401, a pull request that is gone, a bug. */
const classify = (failure: Failure | undefined): MergeAnswer | undefined => {
  if (failure === undefined) return undefined;
  const { status, message } = failure;
  // A rate limit says nothing about the pull request: like a 5xx it is read again and tried again.
  if (isUncertain(failure) || failure.rateLimited) return { kind: 'uncertain', message };
  // Rulesets have been seen to answer with 409 as well as 405.
  if (status === 409 && !/rule violation/i.test(message)) return { kind: 'head-moved' };
  if (status === 405 && /base branch was modified/i.test(message)) return { kind: 'base-moved' };
  if (status === 403 || status === 405 || status === 409 || status === 422) return { kind: 'blocked', message };
  return undefined;
};
