// A real repository with signed records, pushed to commit by commit: what an auditor clones.
import { keyFingerprint } from '../../app/core/policy/fingerprint.ts';
import { signRecord } from '../../app/core/record/authorization.ts';
import type { AuthorizationRecord, GrantRecord, RemovalRecord } from '../../app/core/record/record.ts';
import { policiesTreeOf } from '../../app/git/policy-files.ts';
import { GRANT, grantText, HistoryBuilder, hash, REPOSITORY } from '../core/ledger/history-builder.ts';
import { createRepository, type Files, policyFiles, type RawCommit } from '../git/repository.ts';

export type SignedHistory = Awaited<ReturnType<typeof signedHistory>>;

const BOSS = { login: 'hubot-boss', id: 1234567, nodeId: 'IC_kwDOABCD', at: '2026-11-22T02:59:00Z' };
const LEAD = { login: 'octo-lead', id: 2345678, nodeId: 'IC_kwDOABCE', at: '2026-11-22T03:29:00Z' };

/** Times are minutes after 2026-11-22T03:00:00Z; grants last an hour unless extended. */
export async function signedHistory() {
  const builder = new HistoryBuilder();
  const repo = createRepository();
  const files: Record<string, Files[string]> = { ...policyFiles(builder), 'grants/README.md': '# grants\n' };
  // The policy came after the repository did: genesis is not always the first commit.
  let tip = repo.commit({ tree: repo.tree({ 'README.md': 'hello\n' }), message: 'Begin\n' });
  const push = (
    changes: Readonly<Record<string, Files[string] | null>>,
    more: Omit<RawCommit, 'tree'> = {},
  ): string => {
    for (const [path, file] of Object.entries(changes)) {
      if (file === null) delete files[path];
      else files[path] = file;
    }
    tip = repo.commit({ tree: repo.tree(files), parents: [tip], ...more });
    repo.setBranch('main', tip);
    return tip;
  };
  const genesis = push({}, { message: 'Policy\n' });
  const policies = (await policiesTreeOf(repo.dir, genesis)) ?? '';
  const merge = (changes: Parameters<typeof push>[0], at: number, record: AuthorizationRecord): string =>
    push(changes, { at, message: signRecord(`Merge (#${record.pullRequest})`, record, builder.key.signer) });
  const record = (
    id: string,
    at: number,
    more: Partial<GrantRecord> & { readonly text?: string } = {},
  ): GrantRecord => {
    const { text = GRANT, ...over } = more;
    return builder.record(id, at, { text, grantBlob: repo.blob(text), policies, approvedBy: [BOSS], ...over });
  };
  return {
    dir: repo.dir,
    git: repo.git,
    genesis,
    fingerprint: keyFingerprint(builder.key.key.key),
    /** By which the app of this history signs. */
    privateKey: builder.key.privateKey,
    repositoryId: REPOSITORY,
    tip: () => tip,
    push,
    grant: (id: string, at: number, more: Partial<GrantRecord> & { readonly text?: string } = {}): string =>
      merge({ [`grants/${id}.yaml`]: more.text ?? GRANT }, at, record(id, at, more)),
    /** To two hours from `started`. */
    extend: (id: string, started: number, at: number): string => {
      const text = grantText({ duration: '2h' });
      const extension = record(id, started, { text, kind: 'extension', pullRequest: 43, approvedBy: [LEAD] });
      return merge({ [`grants/${id}.yaml`]: text }, at, extension);
    },
    remove: (id: string, at: number, ended: string): string => {
      const removed = [{ grantId: id, ended, proof: 'proven requests 1 2' }] as const;
      const removal: RemovalRecord = {
        kind: 'removal',
        repositoryId: REPOSITORY,
        pullRequest: 60,
        head: hash('head'),
        removed,
      };
      return merge({ [`grants/${id}.yaml`]: null }, at, removal);
    },
    discard: repo.remove,
  };
}
