// The routes of issue comments and of reactions to them; on a pull request they are the conversation.
//
// What moves the `updated_at` of the issue is not documented. A new comment does, and an edit of one
// (microsoft/TypeScript-Twoslash-Repro-Action#17); a deletion does not (neomjs/neo#10092).
import { actor, refuseStrangers, viaApp } from './auth.ts';
import { commentEvent } from './events.ts';
import { boundedBody, commentOf, issueOf, numberParam, requiredText, text } from './input.ts';
import { commentsOf, commentView, reactionView } from './issue-view.ts';
import { pagedList } from './page.ts';
import { created, invalid, noContent, notFound, ok, type Reply } from './reply.ts';
import { type Access, type Call, type Route, repo, route } from './router.ts';
import { type Comment, type Reaction, stamp } from './world.ts';

// A pull request's conversation is open to apps with either permission.
const read: Access = {
  app: ['issues:read', 'issues:write', 'pull_requests:read', 'pull_requests:write'],
  user: 'read',
};
const write: Access = { app: ['issues:write', 'pull_requests:write'], user: 'read' };
const one = '/issues/comments/{comment_id}';

export const commentRoutes: readonly Route[] = [
  route('GET', repo('/issues/{issue_number}/comments'), read, (call) =>
    pagedList(call, since(call, commentsOf(call.world, issueOf(call))), (comment) => commentView(call.world, comment)),
  ),
  route('POST', repo('/issues/{issue_number}/comments'), write, createComment),
  route('GET', repo('/issues/comments'), read, listAll),
  route('GET', repo(one), read, (call) => ok(commentView(call.world, commentOf(call)))),
  route('PATCH', repo(one), write, editComment),
  route('DELETE', repo(one), write, deleteComment),
  ...reactionRoutes(`${one}/reactions`, (call) => `comments/${commentOf(call).id}`),
  ...reactionRoutes('/issues/{issue_number}/reactions', (call) => `issues/${issueOf(call).number}`),
];

function createComment(call: Call): Reply {
  const { world } = call;
  const issue = issueOf(call);
  const body = boundedBody('IssueComment', requiredText(call, 'IssueComment', 'body'));
  if (body.trim() === '') throw blank();
  const at = stamp(world);
  const author = actor(call.principal);
  const id = world.nextId();
  const times = { createdAt: at, updatedAt: at, lastEdit: null };
  const comment: Comment = { id, issue, author, viaApp: viaApp(call.principal), body, ...times };
  world.comments.set(id, comment);
  issue.updatedAt = at;
  commentEvent(world, author, 'created', comment);
  return created(commentView(world, comment));
}

function editComment(call: Call): Reply {
  const comment = commentOf(call);
  refuseStrangers(call.principal, comment.author, notYours);
  const body = boundedBody('IssueComment', requiredText(call, 'IssueComment', 'body'));
  if (body.trim() === '') throw blank();
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = stamp(call.world);
  comment.lastEdit = { at: comment.updatedAt, by: actor(call.principal) };
  comment.issue.updatedAt = comment.updatedAt;
  commentEvent(call.world, actor(call.principal), 'edited', comment, { changes: { body: { from } } });
  return ok(commentView(call.world, comment));
}

function deleteComment(call: Call): Reply {
  const comment = commentOf(call);
  refuseStrangers(call.principal, comment.author, notYours);
  call.world.comments.delete(comment.id);
  commentEvent(call.world, actor(call.principal), 'deleted', comment);
  return noContent;
}

// The webhook of such an edit has a sender who is not the author.
const notYours = 'Must have admin rights to Repository.';

const blank = () =>
  invalid({ resource: 'IssueComment', field: 'body', code: 'custom', message: 'Body cannot be blank' });

function listAll(call: Call): Reply {
  const all = since(call, [...call.world.comments.values()]);
  const key = call.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const ascending = all.sort((a, b) => a[key].localeCompare(b[key]) || a.id - b.id);
  const ordered = call.query.get('direction') === 'desc' ? ascending.reverse() : ascending;
  return pagedList(call, ordered, (comment) => commentView(call.world, comment));
}

function since(call: Call, comments: readonly Comment[]): Comment[] {
  const from = call.query.get('since');
  return comments.filter((comment) => from === null || Date.parse(comment.updatedAt) >= Date.parse(from));
}

function reactionRoutes(path: string, subject: (call: Call) => string): Route[] {
  return [
    route('GET', repo(path), read, (call) => {
      const wanted = call.query.get('content');
      const found = reactionsTo(call, subject(call)).filter((item) => wanted === null || item.content === wanted);
      return pagedList(call, found, (reaction) => reactionView(call.world, reaction));
    }),
    route('POST', repo(path), write, (call) => react(call, subject(call))),
    route('DELETE', repo(`${path}/{reaction_id}`), write, (call) => {
      const reaction = call.world.reactions.get(numberParam(call, 'reaction_id'));
      if (reaction?.subject !== subject(call)) throw notFound();
      call.world.reactions.delete(reaction.id);
      return noContent;
    }),
  ];
}

const contents: readonly Reaction['content'][] = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'];

/** The same reaction by the same account twice is one reaction. */
function react(call: Call, subject: string): Reply {
  const content = contents.find((known) => known === text(call, 'content'));
  if (!content) throw invalid({ resource: 'Reaction', field: 'content', code: 'invalid' });
  const user = actor(call.principal);
  const known = reactionsTo(call, subject).find((item) => item.user === user && item.content === content);
  if (known) return ok(reactionView(call.world, known));
  const reaction: Reaction = { id: call.world.nextId(), subject, user, content, createdAt: stamp(call.world) };
  call.world.reactions.set(reaction.id, reaction);
  return created(reactionView(call.world, reaction));
}

const reactionsTo = (call: Call, subject: string): Reaction[] =>
  [...call.world.reactions.values()].filter((reaction) => reaction.subject === subject);
