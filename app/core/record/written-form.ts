// AuthorizationRecord ↔ trailers, both ways exact: parse(render(r)) is r, and nothing else parses.
import type { Approver, AuthorizationRecord, ChangeRecord, GrantRecord, Identity, RemovalRecord } from './record.ts';
import { safeTrailers, type Trailer } from './trailers.ts';

export function recordTrailers(record: AuthorizationRecord): readonly Trailer[] {
  return safeTrailers(writtenTrailers(record));
}

function writtenTrailers(record: AuthorizationRecord): readonly Trailer[] {
  const head: Trailer[] = [
    ['Format', '1'],
    ['Kind', record.kind],
    ['Repository-Id', String(record.repositoryId)],
    ['Pull-Request', String(record.pullRequest)],
  ];
  switch (record.kind) {
    case 'grant':
    case 'extension':
      return [...head, ...grantTrailers(record)];
    case 'removal':
      return [...head, ...removalTrailers(record)];
    case 'change':
      return [...head, ...changeTrailers(record)];
  }
}

/** Null for anything that `recordTrailers` could not have written. */
export function parseRecord(trailers: readonly Trailer[]): AuthorizationRecord | null {
  const fields = new Fields(trailers);
  const record = readRecord(fields);
  if (record === null || fields.failed) return null;
  return same(writtenTrailers(record), trailers) ? record : null;
}

function grantTrailers(record: GrantRecord): Trailer[] {
  return [
    ['Grant-Id', record.grantId],
    ['Grant-Blob', record.grantBlob],
    ['Requester', identity(record.requester)],
    ['Reason', record.reason],
    ...(record.incident === undefined ? [] : [['Incident', record.incident] as const]),
    ['Access', record.access],
    ...record.approvedBy.map((by): Trailer => ['Approved-By', approver(by)]),
    ['Approved-Head', record.approvedHead],
    ['Policies', record.policies],
    ['Rule', record.rule],
    ['Expires-At', record.expiresAt],
  ];
}

function removalTrailers(record: RemovalRecord): Trailer[] {
  return [
    ['Approved-Head', record.head],
    ...record.removed.flatMap((one): Trailer[] => [
      ['Grant-Id', one.grantId],
      ['Ended', one.ended],
      ['Proof', one.proof],
    ]),
  ];
}

function changeTrailers(record: ChangeRecord): Trailer[] {
  return [
    ['Author', identity(record.author)],
    ...record.approvedBy.map((by): Trailer => ['Approved-By', approver(by)]),
    ['Approved-Head', record.approvedHead],
    ['Policies', record.policies],
  ];
}

function readRecord(fields: Fields): AuthorizationRecord | null {
  if (fields.one('Format') !== '1') return null;
  const kind = fields.one('Kind');
  const common = { repositoryId: fields.whole('Repository-Id'), pullRequest: fields.whole('Pull-Request') };
  if (kind === 'grant' || kind === 'extension') return { kind, ...common, ...readGrant(fields) };
  if (kind === 'removal') return readRemoval(fields, common);
  if (kind !== 'change') return null;
  return {
    kind,
    ...common,
    author: readIdentity(fields, 'Author'),
    approvedBy: fields.all('Approved-By').map((text) => readApprover(fields, text)),
    approvedHead: fields.one('Approved-Head'),
    policies: fields.one('Policies'),
  };
}

function readGrant(fields: Fields) {
  const incident = fields.optional('Incident');
  return {
    grantId: fields.one('Grant-Id'),
    grantBlob: fields.one('Grant-Blob'),
    requester: readIdentity(fields, 'Requester'),
    reason: fields.one('Reason'),
    ...(incident === null ? {} : { incident }),
    access: fields.one('Access'),
    approvedBy: fields.all('Approved-By').map((text) => readApprover(fields, text)),
    approvedHead: fields.one('Approved-Head'),
    policies: fields.one('Policies'),
    rule: fields.one('Rule'),
    expiresAt: fields.instant('Expires-At'),
  };
}

function readRemoval(
  fields: Fields,
  common: { readonly repositoryId: number; readonly pullRequest: number },
): RemovalRecord | null {
  const ids = fields.all('Grant-Id');
  const ended = fields.all('Ended');
  const proofs = fields.all('Proof');
  const [first, ...rest] = ids.map((grantId, i) => ({ grantId, ended: ended[i] ?? '', proof: proofs[i] ?? '' }));
  if (first === undefined) return null;
  return { kind: 'removal', ...common, head: fields.one('Approved-Head'), removed: [first, ...rest] };
}

// Logins of managed accounts have a `_`; the author of a change may be a bot, `dependabot[bot]`.
const IDENTITY = /^([A-Za-z0-9_-]{1,60}(?:\[bot\])?) \((\d{1,15})\)$/;
const APPROVER = /^([A-Za-z0-9_-]{1,60}) \((\d{1,15})\) ([A-Za-z0-9_=+/-]{1,200}) (\S{20})$/;

function identity(one: Identity): string {
  return `${one.login} (${one.id})`;
}

function approver(one: Approver): string {
  return `${identity(one)} ${one.nodeId} ${one.at}`;
}

function readIdentity(fields: Fields, key: string): Identity {
  const match = IDENTITY.exec(fields.one(key));
  if (match?.[1] === undefined) fields.failed = true;
  return { login: match?.[1] ?? '', id: Number(match?.[2] ?? 0) };
}

function readApprover(fields: Fields, text: string): Approver {
  const match = APPROVER.exec(text);
  if (match === null) fields.failed = true;
  return { login: match?.[1] ?? '', id: Number(match?.[2] ?? 0), nodeId: match?.[3] ?? '', at: match?.[4] ?? '' };
}

function same(a: readonly Trailer[], b: readonly Trailer[]): boolean {
  return a.length === b.length && a.every(([key, value], i) => b[i]?.[0] === key && b[i]?.[1] === value);
}

/** Remembers that any field failed, so that the readers above stay straight lines. */
class Fields {
  failed = false;
  readonly #trailers: readonly Trailer[];
  constructor(trailers: readonly Trailer[]) {
    this.#trailers = trailers;
  }
  all(key: string): readonly string[] {
    return this.#trailers.filter(([name]) => name === key).map(([, value]) => value);
  }
  optional(key: string): string | null {
    return this.all(key)[0] ?? null;
  }
  one(key: string): string {
    const values = this.all(key);
    if (values.length !== 1) this.failed = true;
    return values[0] ?? '';
  }
  whole(key: string): number {
    const text = this.one(key);
    if (!/^[1-9]\d{0,14}$/.test(text)) this.failed = true;
    return Number(text);
  }
  instant(key: string): string {
    const text = this.one(key);
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) || Number.isNaN(Date.parse(text))) this.failed = true;
    return text;
  }
}
