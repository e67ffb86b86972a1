// The routes of Git's own objects: refs, blobs, trees and commits, written one by one.
import { noReply } from './account-view.ts';
import { actor } from './auth.ts';
import { gitCommitView } from './commit-view.ts';
import type { Files, Identity } from './git.ts';
import { list, param, record, requiredText, strings, text } from './input.ts';
import { moveRef } from './refs.ts';
import { created, invalid, noContent, notFound, ok, type Reply, refusal } from './reply.ts';
import { repositoryUrl } from './repository-view.ts';
import { type Call, type Route, reads, repo, route, writes } from './router.ts';
import { nodeId, type Schema, stamp, type World, zeroSha } from './world.ts';

export const gitDataRoutes: readonly Route[] = [
  route('GET', repo('/git/ref/{ref}'), reads('contents'), async (call) =>
    ok(await refView(call.world, await shaOf(call))),
  ),
  route('GET', repo('/git/matching-refs/{ref}'), reads('contents'), matchingRefs),
  route('POST', repo('/git/refs'), writes('contents'), createRef),
  route('PATCH', repo('/git/refs/{ref}'), writes('contents'), updateRef),
  route('DELETE', repo('/git/refs/{ref}'), writes('contents'), deleteRef),
  route('POST', repo('/git/blobs'), writes('contents'), createBlob),
  route('GET', repo('/git/blobs/{file_sha}'), reads('contents'), readBlob),
  route('POST', repo('/git/trees'), writes('contents'), createTree),
  route('GET', repo('/git/trees/{tree_sha}'), reads('contents'), async (call) =>
    ok(await treeView(call.world, param(call, 'tree_sha'), call.query.has('recursive'))),
  ),
  route('POST', repo('/git/commits'), writes('contents'), createCommit),
  route('GET', repo('/git/commits/{commit_sha}'), reads('contents'), async (call) => {
    const commit = await call.world.git.commit(param(call, 'commit_sha'));
    if (!commit) throw notFound();
    return ok(gitCommitView(call.world, commit));
  }),
];

type Ref = { readonly ref: string; readonly sha: string };

async function shaOf(call: Call): Promise<Ref> {
  const ref = `refs/${param(call, 'ref')}`;
  const sha = await call.world.git.resolve(ref);
  if (!sha) throw notFound();
  return { ref, sha };
}

async function refView(world: World, { ref, sha }: Ref): Promise<Schema<'git-ref'>> {
  const url = `${repositoryUrl(world)}/git/${ref}`;
  const object = { sha, type: 'commit', url: `${repositoryUrl(world)}/git/commits/${sha}` };
  return { ref, node_id: nodeId('REF', Number.parseInt(sha.slice(0, 8), 16)), url, object };
}

async function matchingRefs(call: Call): Promise<Reply> {
  const prefix = `refs/${param(call, 'ref')}`;
  const lines = (await call.world.git.run(['for-each-ref', '--format=%(refname) %(objectname)']))
    .split('\n')
    .filter(Boolean);
  const found = lines.map((line) => line.split(' ')).filter(([ref = '']) => ref.startsWith(prefix));
  return ok(await Promise.all(found.map(([ref = '', sha = '']) => refView(call.world, { ref, sha }))));
}

async function createRef(call: Call): Promise<Reply> {
  const ref = requiredText(call, 'Reference', 'ref');
  const sha = requiredText(call, 'Reference', 'sha');
  if (!/^refs\/(heads|tags)\/./.test(ref)) throw refusal(422, 'Reference name is not valid');
  if ((await call.world.git.attempt(['check-ref-format', ref])).code !== 0) {
    throw refusal(422, `${ref} is not a valid ref name.`);
  }
  if (!(await call.world.git.commit(sha))) throw refusal(422, 'Object does not exist');
  if (await call.world.git.resolve(ref)) throw refusal(422, 'Reference already exists');
  await moveRef(call.world, call.principal, ref, sha);
  return created(await refView(call.world, { ref, sha }));
}

async function updateRef(call: Call): Promise<Reply> {
  const ref = `refs/${param(call, 'ref')}`;
  const sha = requiredText(call, 'Reference', 'sha');
  const before = await call.world.git.resolve(ref);
  if (!before) throw refusal(422, 'Reference does not exist');
  if (!(await call.world.git.commit(sha))) throw refusal(422, 'Object does not exist');
  if (call.body.force !== true && !(await call.world.git.isAncestor(before, sha))) {
    throw refusal(422, 'Update is not a fast forward');
  }
  await moveRef(call.world, call.principal, ref, sha);
  return ok(await refView(call.world, { ref, sha }));
}

async function deleteRef(call: Call): Promise<Reply> {
  const ref = `refs/${param(call, 'ref')}`;
  if (!(await call.world.git.resolve(ref))) throw refusal(422, 'Reference does not exist');
  await moveRef(call.world, call.principal, ref, zeroSha);
  return noContent;
}

async function createBlob(call: Call): Promise<Reply> {
  const content = text(call, 'content');
  if (content === undefined) throw invalid({ resource: 'Blob', field: 'content', code: 'missing_field' });
  const bytes = text(call, 'encoding') === 'base64' ? Buffer.from(content, 'base64') : content;
  const sha = await call.world.git.writeBlob(bytes);
  return created({ url: `${repositoryUrl(call.world)}/git/blobs/${sha}`, sha });
}

async function readBlob(call: Call): Promise<Reply> {
  const { world } = call;
  const sha = param(call, 'file_sha');
  if (!/^[0-9a-f]{40}$/.test(sha) || !(await world.git.exists(sha))) throw notFound();
  const bytes = await world.git.bytes(['cat-file', 'blob', sha]);
  const view: Schema<'blob'> = {
    sha,
    node_id: nodeId('B', Number.parseInt(sha.slice(0, 8), 16)),
    size: bytes.length,
    url: `${repositoryUrl(world)}/git/blobs/${sha}`,
    content: bytes.toString('base64').replace(/(.{60})/g, '$1\n'),
    encoding: 'base64',
  };
  return ok(view);
}

async function createTree(call: Call): Promise<Reply> {
  const { world } = call;
  const base = text(call, 'base_tree') ?? null;
  if (base !== null && !(await world.git.exists(base))) throw refusal(422, 'base_tree is not a valid tree oid');
  const files: Record<string, Files[string]> = {};
  for (const item of list(call.body.tree).map(record)) files[String(item.path)] = await treeEntry(call, item);
  const sha = await world.git.writeTree(base, files);
  return created(await treeView(world, sha, false));
}

async function treeEntry(call: Call, item: Readonly<Record<string, unknown>>): Promise<Files[string]> {
  if (item.sha === null) return null;
  const mode = String(item.mode ?? '100644');
  if (typeof item.content === 'string') return { mode, content: item.content };
  const sha = String(item.sha);
  if (mode === '160000') return { mode, content: sha };
  if (!(await call.world.git.exists(sha))) throw refusal(422, `tree.sha ${sha} is not a valid blob`);
  return { mode, content: await call.world.git.bytes(['cat-file', 'blob', sha]) };
}

async function treeView(world: World, name: string, recursive: boolean): Promise<Schema<'git-tree'>> {
  const found = await world.git.attempt(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{tree}`]);
  if (found.code !== 0) throw notFound();
  const sha = found.stdout.toString().trim();
  const output = await world.git.run(['ls-tree', '-z', '-l', ...(recursive ? ['-r', '-t'] : []), sha]);
  const tree = output
    .split('\0')
    .filter(Boolean)
    .map((line) => treeLine(world, line));
  return { sha, url: `${repositoryUrl(world)}/git/trees/${sha}`, tree, truncated: false };
}

function treeLine(world: World, line: string): Schema<'git-tree'>['tree'][number] {
  const [head = '', path = ''] = line.split('\t', 2);
  const [mode = '', type = '', sha = '', size = ''] = head.split(/ +/);
  const url = `${repositoryUrl(world)}/git/${type}s/${sha}`;
  return {
    path,
    mode,
    type,
    sha,
    ...(size === '-' ? {} : { size: Number(size) }),
    ...(type === 'commit' ? {} : { url }),
  };
}

async function createCommit(call: Call): Promise<Reply> {
  const { world } = call;
  const message = requiredText(call, 'Commit', 'message');
  const tree = requiredText(call, 'Commit', 'tree');
  if (!(await world.git.exists(tree))) throw refusal(422, 'Tree SHA does not exist');
  const account = actor(call.principal);
  const own: Identity = { name: account.login, email: noReply(account), date: stamp(world) };
  const author = identity(call.body.author, own);
  const committer = identity(call.body.committer, author);
  const sha = await world.git.writeCommit({ tree, parents: strings(call.body.parents), author, committer, message });
  const commit = await world.git.commit(sha);
  if (!commit) throw refusal(422, 'Commit could not be written');
  return created(gitCommitView(world, commit));
}

function identity(value: unknown, fallback: Identity): Identity {
  const given = record(value);
  const field = (name: 'name' | 'email' | 'date') => (typeof given[name] === 'string' ? given[name] : fallback[name]);
  return { name: field('name'), email: field('email'), date: field('date') };
}
