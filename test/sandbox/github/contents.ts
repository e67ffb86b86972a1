// The routes of files by path: read, write and delete, each write one commit on a branch.
import { noReply } from './account-view.ts';
import { actor } from './auth.ts';
import { gitCommitView } from './commit-view.ts';
import type { FileChange } from './git.ts';
import { param, requiredText, text } from './input.ts';
import { moveRef } from './refs.ts';
import { created, invalid, notFound, ok, type Reply, refusal } from './reply.ts';
import { repositoryPage, repositoryUrl } from './repository-view.ts';
import { type Call, type Route, reads, repo, route, writes } from './router.ts';
import { stamp, type World } from './world.ts';

export const contentRoutes: readonly Route[] = [
  route('GET', repo('/contents/{path}'), reads('contents'), readContents),
  route('PUT', repo('/contents/{path}'), writes('contents'), writeFile),
  route('DELETE', repo('/contents/{path}'), writes('contents'), deleteFile),
];

type Entry = {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size: number;
  readonly path: string;
};

async function readContents(call: Call): Promise<Reply> {
  const { world } = call;
  const path = param(call, 'path').replace(/\/$/, '');
  const ref = call.query.get('ref') ?? world.repository.defaultBranch;
  const commit = (await world.git.branch(ref)) ?? (await world.git.resolve(ref));
  if (!commit) throw refusal(404, `No commit found for the ref ${ref}`);
  const [entry] = await entriesAt(world, commit, path);
  if (!entry) throw notFound();
  if (entry.type === 'tree') {
    return ok((await entriesAt(world, commit, `${path}/`)).map((child) => entryView(world, child, ref)));
  }
  const bytes = entry.type === 'blob' ? await world.git.bytes(['cat-file', 'blob', entry.sha]) : Buffer.alloc(0);
  const content = bytes.toString('base64').replace(/(.{60})/g, '$1\n');
  return ok({ ...entryView(world, entry, ref), content, encoding: 'base64' });
}

async function entriesAt(world: World, commit: string, path: string): Promise<Entry[]> {
  const output = await world.git.run(['ls-tree', '-z', '-l', commit, '--', path]);
  return output
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const [head = '', name = ''] = line.split('\t', 2);
      const [mode = '', type = '', sha = '', size = ''] = head.split(/ +/);
      return { mode, type, sha, size: Number(size) || 0, path: name };
    });
}

function entryView(world: World, entry: Entry, ref: string) {
  const { path, sha, size } = entry;
  const url = `${repositoryUrl(world)}/contents/${encodeURI(path)}?ref=${encodeURIComponent(ref)}`;
  const kind = entry.type === 'tree' ? 'trees' : 'blobs';
  const git_url = `${repositoryUrl(world)}/git/${kind}/${sha}`;
  const html_url = `${repositoryPage(world)}/blob/${ref}/${encodeURI(path)}`;
  const type =
    entry.type === 'tree'
      ? 'dir'
      : entry.mode === '120000'
        ? 'symlink'
        : entry.type === 'commit'
          ? 'submodule'
          : 'file';
  const download_url = type === 'file' ? `${repositoryPage(world)}/raw/${ref}/${encodeURI(path)}` : null;
  const _links = { self: url, git: git_url, html: html_url };
  return { name: path.split('/').at(-1) ?? path, path, sha, size, url, html_url, git_url, download_url, type, _links };
}

async function writeFile(call: Call): Promise<Reply> {
  const content = text(call, 'content');
  if (content === undefined) throw invalid({ resource: 'Content', field: 'content', code: 'missing_field' });
  const existed = await checkBlob(call);
  const commit = await commitChange(call, Buffer.from(content, 'base64'));
  const [entry] = await entriesAt(call.world, commit.sha, param(call, 'path'));
  if (!entry) throw notFound();
  const body = { content: entryView(call.world, entry, branchOf(call)), commit: gitCommitView(call.world, commit) };
  return existed ? ok(body) : created(body);
}

async function deleteFile(call: Call): Promise<Reply> {
  if (!(await checkBlob(call))) throw notFound();
  const commit = await commitChange(call, null);
  return ok({ content: null, commit: gitCommitView(call.world, commit) });
}

/** Whoever replaces a file names the blob that it replaces; true if there was one. */
async function checkBlob(call: Call): Promise<boolean> {
  const tip = await call.world.git.branch(branchOf(call));
  if (!tip) throw refusal(404, `Branch ${branchOf(call)} not found`);
  const path = param(call, 'path');
  const [entry] = await entriesAt(call.world, tip, path);
  const given = text(call, 'sha') ?? call.query.get('sha');
  if (entry && given === null) throw refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  if (entry && given !== entry.sha) throw refusal(409, `${path} does not match ${given}`);
  return entry !== undefined;
}

const branchOf = (call: Call): string =>
  text(call, 'branch') ?? call.query.get('branch') ?? call.world.repository.defaultBranch;

async function commitChange(call: Call, change: FileChange) {
  const { world, principal } = call;
  const branch = branchOf(call);
  const tip = (await world.git.branch(branch)) ?? '';
  const message = text(call, 'message') ?? call.query.get('message') ?? requiredText(call, 'Content', 'message');
  const tree = await world.git.writeTree(tip, { [param(call, 'path')]: change });
  const account = actor(principal);
  const date = stamp(world);
  const author = { name: account.login, email: noReply(account), date };
  const committer = { name: 'GitHub', email: 'noreply@github.com', date };
  const sha = await world.git.writeCommit({ tree, parents: [tip], author, committer, message });
  await moveRef(world, principal, `refs/heads/${branch}`, sha, 409);
  const commit = await world.git.commit(sha);
  if (!commit) throw notFound();
  return commit;
}
