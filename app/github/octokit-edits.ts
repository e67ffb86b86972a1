// Whether words were edited, from GitHub's own history of them by GraphQL: REST has only times in whole seconds.
import type { Connection } from './octokit-connection.ts';
import type { Edits, GitHub } from './port.ts';

type Word = Parameters<GitHub['edits']>[0][number];

/**
 * `lastEditedAt` is null for what was never edited, however quickly (docs.github.com/graphql, interface Comment). The
 * body is asked for as well: an answer about other words than those that were read is an answer of another moment.
 */
export const EDITS_QUERY = [
  'query Edits($ids: [ID!]!) {',
  '  nodes(ids: $ids) {',
  '    __typename',
  '    ... on IssueComment { id body lastEditedAt includesCreatedEdit editor { __typename login } }',
  '    ... on PullRequestReview { id body lastEditedAt includesCreatedEdit editor { __typename login } }',
  '  }',
  '}',
].join('\n');

/** GitHub refuses more ids in one query. */
const MOST_IDS = 100;

export const editsVerb =
  (connection: Connection): GitHub['edits'] =>
  async (words) => {
    const parts = Array.from({ length: Math.ceil(words.length / MOST_IDS) }, (_, i) =>
      words.slice(i * MOST_IDS, (i + 1) * MOST_IDS),
    );
    return new Map((await Promise.all(parts.map((part) => readEdits(connection, part)))).flat());
  };

type Answered = readonly (readonly [nodeId: string, edits: Edits])[];

/**
 * An error about one node says nothing of that node alone: somebody who writes and deletes comments must not make the
 * approver's unknown as well. Any other error says nothing at all.
 */
const readEdits = async ({ client, log }: Connection, words: readonly Word[]): Promise<Answered> => {
  const ids = words.map((word) => word.nodeId);
  try {
    const nodes = nodesOf(await client.graphql<unknown>(EDITS_QUERY, { ids }).catch(withoutTheLost));
    return words.map((word) => [word.nodeId, editsOf(word, nodes)]);
  } catch (error) {
    log.warn({ ids, error: String(error) }, 'whether comments were edited cannot be known');
    return ids.map((id) => [id, 'unknown']);
  }
};

const withoutTheLost = (error: unknown): unknown => {
  const { errors, data } = asFields(error);
  const { nodes } = asFields(data);
  const lost = (Array.isArray(errors) ? errors : []).map(lostNode);
  // GitHub's words for it: each of them null, each with its error.
  const isEach =
    lost.length > 0 && lost.every((at) => typeof at === 'number' && Array.isArray(nodes) && nodes[at] === null);
  if (!isEach) throw error;
  return data;
};

const lostNode = (error: unknown): number | null => {
  const { type, path } = asFields(error);
  const [first, at, ...rest]: readonly unknown[] = Array.isArray(path) ? path : [];
  return type === 'NOT_FOUND' && first === 'nodes' && typeof at === 'number' && rest.length === 0 ? at : null;
};

type Fields = Readonly<Record<string, unknown>>;

const nodesOf = (data: unknown): readonly Fields[] => {
  const { nodes } = asFields(data);
  if (!Array.isArray(nodes)) throw new Error('GitHub answered without the nodes that were asked for');
  return nodes.map(asFields);
};

const editsOf = (word: Word, nodes: readonly Fields[]): Edits => {
  const node = nodes.find((one) => one.id === word.nodeId);
  if (node === undefined) return 'unknown';
  const { lastEditedAt, includesCreatedEdit, editor, body } = node;
  if (typeof lastEditedAt === 'string' || includesCreatedEdit === true || asFields(editor).login !== undefined)
    return 'edited';
  // A replica that lags behind shows the words from before the edit, and no edit.
  if (typeof body !== 'string' || plain(body) !== plain(word.body)) return 'unknown';
  return lastEditedAt === null && includesCreatedEdit === false && editor === null ? 'unedited' : 'unknown';
};

/** The front counts: an indented command is code. */
const plain = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();

const asFields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});
