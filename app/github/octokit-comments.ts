// The app's own comments and reactions: written once, even when GitHub's answer is lost.
import type { Connection } from './octokit-connection.ts';
import { failureOf, hasStatus, isUncertain } from './octokit-failure.ts';
import { asList, everyPage } from './octokit-pages.ts';
import { toComment } from './octokit-shapes.ts';
import type { Comment, GitHub } from './port.ts';

type Verbs = Pick<GitHub, 'createComment' | 'updateComment' | 'deleteComment' | 'react'>;

export const commentVerbs = (connection: Connection): Verbs => {
  const { client, at } = connection;
  return {
    createComment: (number, body) => createComment(connection, number, clipBody(body)),
    updateComment: async (id, body) => {
      await client.rest.issues.updateComment({ ...at, comment_id: id, body: clipBody(body) });
    },
    deleteComment: (id) => unlessGone(client.rest.issues.deleteComment({ ...at, comment_id: id })),
    react: (id, content) => unlessGone(client.rest.reactions.createForIssueComment({ ...at, comment_id: id, content })),
  };
};

const ATTEMPTS = 3;

/**
 * A 5xx may come after the comment was made (probot/probot#921: one comment became four), so before another attempt
 * the comments are read for the one that is already there.
 */
const createComment = async (connection: Connection, number: number, body: string): Promise<number> => {
  const { client, at, clock } = connection;
  const since = clock.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await client.rest.issues.createComment({ ...at, issue_number: number, body })).data.id;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined || !isUncertain(failure)) throw error;
      const made = await findOwn(connection, number, { body, since });
      if (made !== undefined) return made.id;
      if (attempt >= ATTEMPTS) throw error;
    }
  }
};

/** Of several the lowest id: that is the one that stays. */
const findOwn = async (
  { client, at, per_page, app }: Connection,
  number: number,
  wanted: { readonly body: string; readonly since: Date },
): Promise<Comment | undefined> => {
  const first = client.rest.issues.listComments({ ...at, issue_number: number, per_page });
  const comments = (await everyPage(client, first, asList)).map(toComment);
  const marker = markerOf(wanted.body);
  return comments
    .filter((comment) => comment.appId === app.id)
    .filter((comment) =>
      marker === undefined
        ? comment.body === wanted.body && comment.createdAt.getTime() >= wanted.since.getTime() - 2_000
        : markerOf(comment.body) === marker,
    )
    .toSorted((a, b) => a.id - b.id)[0];
};

/** The first line, when it is an HTML comment: nobody sees it, and it says which of the app's comments this is. */
const markerOf = (body: string): string | undefined => {
  const line = body.split('\n', 1)[0]?.trim() ?? '';
  return /^<!--.*-->$/.test(line) ? line : undefined;
};

/** GitHub refuses longer ones with 422. */
const LONGEST_BODY = 65_536;

const clipBody = (body: string): string =>
  body.length <= LONGEST_BODY ? body : `${body.slice(0, LONGEST_BODY - 2)}\n…`;

/** Somebody deleted the comment: what was to be done to it is done. */
const unlessGone = async (request: Promise<unknown>): Promise<void> => {
  try {
    await request;
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
};
