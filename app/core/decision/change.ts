// What a pull request changes, by paths and modes alone: exactly one kind of thing, or it is refused.
import { grantIdOfPath } from '../grant/parse.ts';
import type { TreeChange } from '../ledger/history.ts';
import { type Violation, violation } from './violation.ts';

/** Files that GitHub runs as workflows: only a person may merge a change to them. */
export function isWorkflow(path: string): boolean {
  return path.startsWith('.github/workflows/');
}

export type GrantFile = { readonly id: string; readonly path: string; readonly blob: string };

export type Change =
  | { readonly kind: 'request'; readonly file: GrantFile }
  | { readonly kind: 'extension'; readonly file: GrantFile }
  | { readonly kind: 'removal'; readonly files: readonly [GrantFile, ...GrantFile[]] }
  /** Anything but grants/: the owners' ground. */
  | { readonly kind: 'owners'; readonly paths: readonly string[]; readonly policies: boolean }
  | { readonly kind: 'refused'; readonly violations: readonly [Violation, ...Violation[]] };

/** `changes`: merge base to head, renames taken apart, so that the old name counts as well as the new one. */
export function classifyChange(changes: readonly TreeChange[]): Change {
  const [first] = changes;
  if (first === undefined) return refused(violation('nothing-changed', 'This pull request changes nothing.'));
  const inGrants = changes.filter(isGrantGround);
  if (inGrants.length === 0) {
    const paths = changes.map((one) => one.path);
    return { kind: 'owners', paths, policies: paths.some((path) => path.startsWith('policies/')) };
  }
  if (inGrants.length < changes.length) return refused(mixed(changes));
  if (changes.every((one) => one.status === 'D')) return removal(changes);
  if (changes.length > 1) {
    const sentence = `A request adds one grant and changes nothing else; this one changes ${changes.length} files below grants/. Open one pull request for each grant.`;
    return refused(violation('several-grants', sentence));
  }
  return single(first);
}

/**
 * grants/README.md is a document; everything else below grants/, in any letter case, is grant ground. What could never
 * be a grant and got there by a push is the owners' to take out again.
 */
function isGrantGround({ path, status }: TreeChange): boolean {
  if (path === 'grants/README.md' || (status === 'D' && grantIdOfPath(path) === null)) return false;
  return /^grants(\/|$)/i.test(path.normalize('NFKC'));
}

function single(change: TreeChange): Change {
  const id = grantIdOfPath(change.path);
  if (id === null) return refused(badPath(change.path));
  const file = { id, path: change.path, blob: change.newBlob };
  if (change.newMode !== '100644') {
    const sentence = `${show(change.path)} must be an ordinary file (mode 100644), not ${modeName(change.newMode)}.`;
    return refused(violation('not-a-plain-file', sentence, change.path));
  }
  if (change.status === 'A') return { kind: 'request', file };
  if (change.status === 'M' && change.oldMode === '100644') return { kind: 'extension', file };
  return refused(violation('not-a-plain-file', `${show(change.path)} changes its type.`, change.path));
}

function removal(changes: readonly TreeChange[]): Change {
  const files: GrantFile[] = [];
  for (const { path, oldBlob } of changes) {
    const id = grantIdOfPath(path);
    if (id === null) return refused(badPath(path));
    files.push({ id, path, blob: oldBlob });
  }
  const [first, ...rest] = files;
  return first === undefined ? refused(mixed(changes)) : { kind: 'removal', files: [first, ...rest] };
}

function badPath(path: string): Violation {
  const sentence = `${show(path)} is not a grant: a grant is grants/<id>.yaml, where <id> is 3 to 63 of a-z, 0-9 and "-", beginning with a letter or a digit.`;
  return violation('bad-path', sentence, path);
}

function mixed(changes: readonly TreeChange[]): Violation {
  const other = changes.find((one) => !isGrantGround(one))?.path ?? '';
  const sentence = `A pull request with a grant changes nothing else, but this one changes ${show(other)} too. Take that out, or open it as a pull request of its own.`;
  return violation('mixed-change', sentence, other);
}

/** A path is a stranger's text: control and format characters are shown as escapes, length is bounded. */
export function show(path: string): string {
  const plain = path.replace(/[^\x20-\x7e]|[`<>@[\]|*_]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  return `\`${plain.length > 120 ? `${plain.slice(0, 117)}...` : plain}\``;
}

function modeName(mode: string): string {
  const names: Readonly<Record<string, string>> = {
    '120000': 'a symbolic link',
    '160000': 'a submodule',
    '100755': 'an executable',
    '040000': 'a folder',
  };
  return names[mode] ?? `mode ${mode}`;
}

function refused(first: Violation): Change {
  return { kind: 'refused', violations: [first] };
}
