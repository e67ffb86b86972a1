// The query for whether words were edited: what REST shows in whole seconds, and of reviews not at all.
import { type Answered, forbiddenAt, holds, type Query } from './graphql-answer.ts';
import { strings } from './input.ts';
import { type Account, type Comment, nodeId, type Review, type World } from './world.ts';

export const editsQuery: Query = (call, variables): Answered => {
  const ids = strings(variables.ids);
  // Reported with the answer in sourcecred/sourcecred#908.
  if (ids.length > 100) {
    const message = `You may not provide more than 100 node ids; you provided ${ids.length}.`;
    return { data: null, errors: [{ type: 'ARGUMENT_LIMIT', path: ['nodes'], message }] };
  }
  // On a pull request either permission opens the conversation, as with REST.
  if (!holds(call, 'pull_requests') && !holds(call, 'issues'))
    return { data: { nodes: ids.map(() => null) }, errors: [forbiddenAt('nodes')] };
  const nodes = ids.map((id) => nodeOf(call.world, id));
  const errors = ids.flatMap((id, i) => {
    const message = `Could not resolve to a node with the global id of '${id}'`;
    return nodes[i] === null ? [{ type: 'NOT_FOUND', path: ['nodes', String(i)], message }] : [];
  });
  return { data: { nodes }, ...(errors.length === 0 ? {} : { errors }) };
};

function nodeOf(world: World, id: string): object | null {
  for (const one of world.comments.values()) if (nodeId('IC', one.id) === id) return view('IssueComment', id, one);
  for (const one of world.reviews.values()) if (nodeId('PRR', one.id) === id) return view('PullRequestReview', id, one);
  return null;
}

const view = (__typename: string, id: string, { body, lastEdit }: Comment | Review): object => ({
  __typename,
  id,
  body,
  lastEditedAt: lastEdit?.at ?? null,
  includesCreatedEdit: lastEdit !== null,
  editor: lastEdit === null ? null : editor(lastEdit.by),
});

/** GraphQL leaves the "[bot]" of an app's login away. */
const editor = ({ type, login }: Account) => ({
  __typename: type === 'Bot' ? 'Bot' : 'User',
  login: login.replace(/\[bot\]$/, ''),
});
