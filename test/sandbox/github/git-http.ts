// Clone, fetch and push over smart HTTP, with GitHub's answers to the wrong credentials.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { actor, atLeast, type Principal } from './auth.ts';
import { gitEnvironment } from './git.ts';
import { runGitProcess } from './git-process.ts';
import { refMoved } from './refs.ts';
import { forbidsRewriting, violations } from './rules.ts';
import { fullName, sameText, type World, zeroSha } from './world.ts';

export type GitRequest = {
  readonly method: string;
  readonly rest: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
};
export type GitReply = { readonly status: number; readonly headers: Record<string, string>; readonly body: Buffer };
type Command = { readonly before: string; readonly after: string; readonly ref: string };

/** The part of the path after the repository if the path speaks Git, else undefined. */
export function gitPath(world: World, path: string): string | undefined {
  const match = /^\/([^/]+\/[^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(path);
  return match && sameText(match[1] ?? '', fullName(world)) ? match[2] : undefined;
}

export async function serveGit(world: World, principal: Principal, request: GitRequest): Promise<GitReply> {
  const writing = `${request.rest}?${request.query}`.includes('git-receive-pack');
  const refused = refuse(world, principal, writing);
  if (refused) return refused;
  if (isGreeting(request)) return greeting(world, request);
  const asked = refAsked(request);
  if (asked !== null) return refLine(asked, await world.git.resolve(asked));
  if (request.rest !== 'git-receive-pack') return runBackend(world.git.path, request, {});
  return receive(world, principal, request);
}

/** In version 2 of the protocol a fetch begins with what the server can do, which names no ref and never changes. */
function isGreeting({ rest, query, headers }: GitRequest): boolean {
  return rest === 'info/refs' && query === 'service=git-upload-pack' && headers['git-protocol'] === 'version=2';
}

const greetings = new WeakMap<World, Promise<GitReply>>();

function greeting(world: World, request: GitRequest): Promise<GitReply> {
  const said = greetings.get(world) ?? runBackend(world.git.path, request, {});
  greetings.set(world, said);
  return said;
}

/** Where somebody asks of one ref where it stands, and of nothing else about it: many do, and git takes a process. */
function refAsked({ rest, headers, body }: GitRequest): string | null {
  if (rest !== 'git-upload-pack' || headers['git-protocol'] !== 'version=2') return null;
  return /^0014command=ls-refs\n0001[0-9a-f]{4}ref-prefix (refs\/heads\/\S+)\n0000$/.exec(body.toString())?.[1] ?? null;
}

/** As git answers, but for the refs whose names only begin like it. */
function refLine(ref: string, sha: string | undefined): GitReply {
  const headers = { 'content-type': 'application/x-git-upload-pack-result', 'cache-control': 'no-cache' };
  return { status: 200, headers, body: Buffer.from(`${sha === undefined ? '' : packet(`${sha} ${ref}\n`)}0000`) };
}

/** A hook of the bare repository: it refuses what the rulesets forbid, in the words that the server hands it. */
export async function installHook(bare: string): Promise<void> {
  const path = join(bare, 'hooks', 'update');
  await writeFile(path, hook);
  await chmod(path, 0o755);
}

const hook = `#!/bin/sh
refuse() { printf 'error: GH013: Repository rule violations found for %s.\\n\\n%s\\n' "$1" "$2" >&2; exit 1; }
case " $RULES_REFUSED " in *" $1 "*) refuse "$1" "$RULES_TEXT" ;; esac
case " $RULES_LINEAR " in
  *" $1 "*)
    case "$2$3" in *${zeroSha}*) exit 0 ;; esac
    git merge-base --is-ancestor "$2" "$3" || refuse "$1" "Cannot force-push to this branch" ;;
esac
`;

function refuse(world: World, principal: Principal, writing: boolean): GitReply | undefined {
  if (principal.kind === 'anonymous' || principal.kind === 'app') {
    const headers = { 'www-authenticate': 'Basic realm="GitHub"' };
    return { status: 401, headers, body: Buffer.from('Authentication failed') };
  }
  const level = principal.kind === 'user' ? principal.user.role : (principal.permissions.contents ?? 'none');
  const role = level === 'read' || level === 'write' || level === 'admin' ? level : 'none';
  if (!atLeast(role, 'read')) return { status: 404, headers: {}, body: Buffer.from('Repository not found.') };
  if (!writing || atLeast(role, 'write')) return undefined;
  const text = `Permission to ${fullName(world)}.git denied to ${actor(principal).login}.`;
  return { status: 403, headers: {}, body: Buffer.from(text) };
}

async function receive(world: World, principal: Principal, request: GitRequest): Promise<GitReply> {
  const commands = readCommands(unpacked(request));
  const refused: string[] = [];
  const linear: string[] = [];
  const sentences = new Set<string>();
  for (const command of commands) {
    const update = { ...command, principal, by: 'push' as const };
    const broken = await violations(world, update);
    if (broken.length > 0) refused.push(command.ref);
    for (const sentence of broken) sentences.add(`- ${sentence}`);
    if (forbidsRewriting(world, update)) linear.push(command.ref);
  }
  const reply = await runBackend(world.git.path, request, {
    RULES_REFUSED: refused.join(' '),
    RULES_LINEAR: linear.join(' '),
    RULES_TEXT: [...sentences].join('\n\n'),
  });
  for (const { ref, before, after } of commands) {
    const now = (await world.git.resolve(ref)) ?? zeroSha;
    if (now === after && before !== after) await refMoved(world, { ref, before, after, actor: actor(principal) });
  }
  return reply;
}

/** The pkt-lines before the first flush: old id, new id, ref; the first one also carries capabilities. */
function readCommands(body: Buffer): Command[] {
  const commands = [];
  for (let at = 0; at + 4 <= body.length; ) {
    const length = Number.parseInt(body.subarray(at, at + 4).toString(), 16);
    if (!(length > 4)) break;
    const [line = ''] = body
      .subarray(at + 4, at + length)
      .toString()
      .split('\0');
    const [before = '', after = '', ref = ''] = line.trim().split(' ');
    if (/^[0-9a-f]{40}$/.test(before) && ref) commands.push({ before, after, ref });
    at += length;
  }
  return commands;
}

/**
 * What the real git answers over HTTP for a bare repository, as `git http-backend` passes it on, which takes two more
 * processes for each answer (gitprotocol-http(5)); `extra` is added to its environment.
 */
export async function runBackend(
  repository: string,
  { method, rest, query, headers, body }: GitRequest,
  extra: Record<string, string>,
): Promise<GitReply> {
  const asksWhatIsThere = rest === 'info/refs';
  const service = /^(?:service=)?git-(upload-pack|receive-pack)$/.exec(asksWhatIsThere ? query : rest)?.[1];
  if (service === undefined) return { status: 403, headers: {}, body: Buffer.from('Please upgrade your git client.') };
  if (method !== (asksWhatIsThere ? 'GET' : 'POST')) return { status: 405, headers: {}, body: Buffer.alloc(0) };
  if (!asksWhatIsThere && headers['content-type'] !== `application/x-git-${service}-request`)
    return { status: 415, headers: {}, body: Buffer.from('Unsupported Media Type') };
  const version = headers['git-protocol'] ?? '';
  const { code, stdout } = await runGitProcess({
    args: [service, '--stateless-rpc', ...(asksWhatIsThere ? ['--advertise-refs'] : []), repository],
    env: { ...gitEnvironment, ...extra, GIT_PROTOCOL: version },
    input: unpacked({ headers, body }),
  });
  // What it refuses it says in its own protocol; with nothing said it did not get so far.
  if (code !== 0 && stdout.length === 0) return { status: 500, headers: {}, body: stdout };
  const kind = `application/x-git-${service}-${asksWhatIsThere ? 'advertisement' : 'result'}`;
  const begins = asksWhatIsThere && version !== 'version=2' ? `${packet(`# service=git-${service}\n`)}0000` : '';
  return {
    status: 200,
    headers: { 'content-type': kind, 'cache-control': 'no-cache' },
    body: Buffer.concat([Buffer.from(begins), stdout]),
  };
}

function unpacked({ headers, body }: Pick<GitRequest, 'headers' | 'body'>): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

/** A pkt-line: its own length in four digits, then the text. */
function packet(text: string): string {
  return `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`;
}
