// Histories in memory, commit by commit, for tests of what the ledger makes of them.
import { createHash } from 'node:crypto';
import type { Grant } from '../../../app/core/grant/grant.ts';
import { parseGrant } from '../../../app/core/grant/parse.ts';
import { accessDigest, resolveGrant } from '../../../app/core/grant/resolve.ts';
import { wholeSeconds } from '../../../app/core/instant.ts';
import { type Folded, foldLedger } from '../../../app/core/ledger/fold.ts';
import type { HistoryCommit, Root, TreeChange } from '../../../app/core/ledger/history.ts';
import type { Ledger } from '../../../app/core/ledger/ledger.ts';
import { keyFingerprint } from '../../../app/core/policy/fingerprint.ts';
import { parsePolicy } from '../../../app/core/policy/parse.ts';
import type { Policy } from '../../../app/core/policy/policy.ts';
import { type Signer, signRecord } from '../../../app/core/record/authorization.ts';
import type { AuthorizationRecord, ChangeRecord, GrantRecord, RemovalRecord } from '../../../app/core/record/record.ts';
import type { Parsed } from '../../../app/core/result.ts';
import { examplePolicyFiles } from '../policy/example-policy.ts';
import { type TestKey, testKey } from '../record/record-cases.ts';

export const REPOSITORY = 1296269;
const START = Date.parse('2026-11-22T03:00:00Z');

/** Minutes after 03:00. */
export const at = (minutes: number): Date => new Date(START + minutes * 60_000);

export const GRANT = grantText({ duration: '1h' });

export function grantText(
  fields: Partial<Record<'requester' | 'account' | 'role' | 'duration' | 'reason', string>>,
): string {
  const all = { requester: 'octocat', account: 'staging', role: 'admin', duration: '1h', reason: 'Testing', ...fields };
  return Object.entries(all)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

export function hash(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

export type PolicyEdit = Readonly<Record<string, (text: string) => string>>;
type Push = Partial<Pick<HistoryCommit, 'message' | 'policiesTree' | 'changes'>> & { readonly at: number };

export class HistoryBuilder {
  readonly key: TestKey = testKey('example');
  readonly commits: HistoryCommit[] = [];
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #policies = new Map<string, Parsed<Policy>>();
  readonly policies: string;

  constructor(genesis: { readonly changes?: readonly TreeChange[]; readonly edit?: PolicyEdit } = {}) {
    this.policies = this.policy(genesis.edit ?? {});
    this.push({ at: 0, changes: genesis.changes ?? [] });
  }

  get root(): Root {
    return {
      repositoryId: REPOSITORY,
      genesis: this.commits[0]?.sha ?? '',
      fingerprints: [keyFingerprint(this.key.key.key)],
    };
  }

  /** The example policy with our key in place of the placeholder, edited file by file; its tree id. */
  policy(edit: PolicyEdit): string {
    const files = examplePolicyFiles();
    files.set('keys.yaml', Buffer.from(`- { id: example, key: ${this.key.key.key}, first: 0 }\n`));
    for (const [name, change] of Object.entries(edit))
      files.set(name, Buffer.from(change(Buffer.from(files.get(name) ?? []).toString())));
    const tree = hash([...files].map(([name, bytes]) => `${name}\n${Buffer.from(bytes).toString()}`).join('\n'));
    this.#policies.set(tree, parsePolicy(files));
    return tree;
  }

  policyValue(tree: string): Policy {
    const parsed = this.#policies.get(tree);
    if (parsed?.kind !== 'ok') throw new Error(JSON.stringify(parsed));
    return parsed.value;
  }

  blob(text: string): string {
    const id = hash(`blob ${text}`);
    this.#blobs.set(id, Buffer.from(text));
    return id;
  }

  push({ at: minutes, message = 'A push\n', changes = [], policiesTree }: Push): string {
    const before = this.commits.at(-1);
    const sha = hash(`${this.commits.length} ${message}`);
    const tree = policiesTree === undefined ? (before?.policiesTree ?? this.policies) : policiesTree;
    this.commits.push({ sha, committedAt: at(minutes), message, changes, policiesTree: tree });
    return sha;
  }

  merge(
    minutes: number,
    record: AuthorizationRecord,
    push: Omit<Push, 'at' | 'message'>,
    signer: Signer = this.key.signer,
  ): string {
    return this.push({ ...push, at: minutes, message: signRecord(`Merge (#${record.pullRequest})`, record, signer) });
  }

  add(id: string, text: string = GRANT, more: Partial<TreeChange> = {}): TreeChange {
    const nothing = '0'.repeat(40);
    return {
      path: `grants/${id}.yaml`,
      status: 'A',
      oldMode: '000000',
      newMode: '100644',
      oldBlob: nothing,
      newBlob: this.blob(text),
      ...more,
    };
  }

  edit(id: string, text: string, more: Partial<TreeChange> = {}): TreeChange {
    return this.add(id, text, { status: 'M', oldMode: '100644', oldBlob: this.blob(GRANT), ...more });
  }

  remove(id: string): TreeChange {
    return this.add(id, GRANT, {
      status: 'D',
      oldMode: '100644',
      newMode: '000000',
      oldBlob: this.blob(GRANT),
      newBlob: '0'.repeat(40),
    });
  }

  /** What the app signs for a request that is merged at that minute. */
  record(
    id: string,
    minutes: number,
    more: Partial<GrantRecord> & { readonly text?: string; readonly tree?: string } = {},
  ): GrantRecord {
    const { text = GRANT, tree = this.policies, ...over } = more;
    const grant = this.#grant(id, text);
    const resolved = resolveGrant({
      grant,
      policy: this.policyValue(tree),
      repositoryId: REPOSITORY,
      requesterId: 583231,
      deadline: at(0),
    });
    if (resolved.kind === 'unresolved') throw new Error(resolved.problems[0].message);
    return {
      kind: 'grant',
      repositoryId: REPOSITORY,
      pullRequest: 42,
      grantId: id,
      grantBlob: this.blob(text),
      requester: { login: 'octocat', id: 583231 },
      reason: grant.reason,
      access: accessDigest(resolved.grant),
      approvedBy: [],
      approvedHead: hash('head'),
      policies: tree,
      rule: 'test-admin',
      expiresAt: wholeSeconds(new Date(at(minutes).getTime() + grant.seconds * 1000)),
      ...over,
    };
  }

  /** An authorized grant, as the app merges it. */
  grant(id: string, minutes: number, text: string = GRANT): string {
    return this.merge(minutes, this.record(id, minutes, { text }), { changes: [this.add(id, text)] });
  }

  extension(
    id: string,
    started: number,
    text: string,
    more: Partial<GrantRecord> & { readonly tree?: string } = {},
  ): GrantRecord {
    return this.record(id, started, { text, kind: 'extension', pullRequest: 43, ...more });
  }

  change(tree: string, more: Partial<ChangeRecord> = {}): ChangeRecord {
    const author = { login: 'octo-lead', id: 2345678 };
    return {
      kind: 'change',
      repositoryId: REPOSITORY,
      pullRequest: 50,
      author,
      approvedBy: [],
      approvedHead: hash('head'),
      policies: tree,
      ...more,
    };
  }

  removal(...ids: readonly [string, ...string[]]): RemovalRecord {
    const one = (grantId: string) => ({ grantId, ended: 'deadline', proof: 'proven' });
    const [first, ...rest] = ids;
    return {
      kind: 'removal',
      repositoryId: REPOSITORY,
      pullRequest: 60,
      head: hash('head'),
      removed: [one(first), ...rest.map(one)],
    };
  }

  fold(root: Root = this.root): Folded {
    const [genesis, ...later] = this.commits;
    if (genesis === undefined) throw new Error('no commits');
    return foldLedger(root, [genesis, ...later], {
      blob: (id) => this.#blobs.get(id) ?? null,
      policy: (tree) =>
        this.#policies.get(tree) ?? {
          kind: 'invalid',
          problems: [{ file: 'policies', line: 0, column: 0, message: 'no such tree' }],
        },
    });
  }

  ledger(): Ledger {
    const folded = this.fold();
    if (folded.kind === 'no-root') throw new Error(folded.reason);
    return folded.ledger;
  }

  #grant(id: string, text: string): Grant {
    const parsed = parseGrant(`grants/${id}.yaml`, Buffer.from(text));
    if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
    return parsed.value;
  }
}

export function built(build: (history: HistoryBuilder) => void): Ledger {
  const history = new HistoryBuilder();
  build(history);
  return history.ledger();
}

export function alarmCodes(ledger: Ledger): readonly string[] {
  return ledger.alarms.map((alarm) => alarm.code);
}
