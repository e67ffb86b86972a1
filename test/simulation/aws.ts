// AWS as one map: permission sets, what of them reached an account's role, who is assigned; and what a person can do by it.

export type Role = { readonly inline: string | null; readonly managed: readonly string[] };

export type PermissionSet = {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly inline: string | null;
  readonly managed: readonly string[];
  /** Account → what its role holds: a policy reaches it by provisioning only. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly assignments: readonly { readonly account: string; readonly user: string }[];
};

export type AwsCalls = {
  readonly createSet: (name: string, tags: ReadonlyMap<string, string>, now: number) => Promise<string>;
  readonly tag: (arn: string, key: string, value: string) => Promise<void>;
  readonly putInline: (arn: string, document: string) => Promise<void>;
  readonly attach: (arn: string, policy: string) => Promise<void>;
  readonly detach: (arn: string, policy: string) => Promise<void>;
  readonly provision: (arn: string, account: string) => Promise<void>;
  readonly assign: (arn: string, account: string, user: string) => Promise<void>;
  readonly unassign: (arn: string, account: string, user: string) => Promise<void>;
  readonly deleteSet: (arn: string) => Promise<void>;
  readonly describe: (arn: string) => Promise<PermissionSet | null>;
  readonly listSets: () => Promise<readonly PermissionSet[]>;
};

export type Aws = {
  readonly calls: AwsCalls;
  readonly sets: Map<string, PermissionSet>;
  /** Counts changes. */
  version: number;
};

export class NotFound extends Error {}

const INSTANCE = 'ssoins-7223aabbccddeeff';

export function createAws(): Aws {
  const sets = new Map<string, PermissionSet>();
  const aws: Aws = { calls: awsCalls(sets, () => aws.version++), sets, version: 0 };
  return aws;
}

function awsCalls(sets: Map<string, PermissionSet>, changed: () => number): AwsCalls {
  const get = (arn: string): PermissionSet => {
    const found = sets.get(arn);
    if (found === undefined) throw new NotFound(`404: no permission set ${arn}`);
    return found;
  };
  const change = (arn: string, what: (set: PermissionSet) => Partial<PermissionSet>): void => {
    const set = get(arn);
    sets.set(arn, { ...set, ...what(set) });
    changed();
  };
  let made = 0;
  return {
    createSet: async (name, tags, now) => {
      if ([...sets.values()].some((one) => one.name === name))
        throw new Error(`ConflictException: ${name} already exists`);
      made += 1;
      const arn = `arn:aws:sso:::permissionSet/${INSTANCE}/ps-${String(made).padStart(16, '0')}`;
      const nothing = { inline: null, managed: [], roles: new Map(), assignments: [] };
      sets.set(arn, { arn, name, createdAt: now, tags, ...nothing });
      changed();
      return arn;
    },
    tag: async (arn, key, value) => change(arn, ({ tags }) => ({ tags: new Map(tags).set(key, value) })),
    putInline: async (arn, inline) => change(arn, () => ({ inline })),
    attach: async (arn, policy) => change(arn, ({ managed }) => ({ managed: [...new Set([...managed, policy])] })),
    detach: async (arn, policy) => change(arn, ({ managed }) => ({ managed: managed.filter((one) => one !== policy) })),
    provision: async (arn, account) => change(arn, (set) => (set.roles.has(account) ? provisioned(set, account) : {})),
    assign: async (arn, account, user) =>
      change(arn, (set) => {
        const others = set.assignments.filter((one) => one.account !== account || one.user !== user);
        return { ...provisioned(set, account), assignments: [...others, { account, user }] };
      }),
    unassign: async (arn, account, user) => change(arn, (set) => unassigned(set, account, user)),
    deleteSet: async (arn) => {
      if (get(arn).assignments.length > 0) throw new Error('ConflictException: the permission set is still assigned');
      sets.delete(arn);
      changed();
    },
    describe: async (arn) => sets.get(arn) ?? null,
    listSets: async () => [...sets.values()],
  };
}

function provisioned({ roles, inline, managed }: PermissionSet, account: string): Pick<PermissionSet, 'roles'> {
  return { roles: new Map(roles).set(account, { inline, managed }) };
}

/** With its last assignment an account loses the role. */
function unassigned({ roles, assignments }: PermissionSet, account: string, user: string): Partial<PermissionSet> {
  if (!assignments.some((one) => one.account === account && one.user === user))
    throw new NotFound('404 status error: Assignment not found');
  const left = assignments.filter((one) => one.account !== account || one.user !== user);
  if (left.some((one) => one.account === account)) return { assignments: left };
  return { assignments: left, roles: new Map([...roles].filter(([one]) => one !== account)) };
}

/** Of the policies read last: the judge looks at the same few after every step. */
const parsed = new Map<string, readonly Statement[]>();

function statementsOf(policy: string): readonly Statement[] {
  const known = parsed.get(policy) ?? (JSON.parse(policy).Statement as readonly Statement[]);
  if (parsed.size > 50) parsed.clear();
  parsed.set(policy, known);
  return known;
}

/** From when on the role denies everything; infinite where it never does, and null where it allows nothing anyhow. */
export function deniedFrom({ inline, managed }: Role): number | null {
  const statements = inline === null ? [] : statementsOf(inline);
  const allows = managed.length > 0 || statements.some((one) => one.Effect === 'Allow');
  if (!allows) return null;
  const dates = statements.flatMap(({ Effect, Action, Resource, Condition }) => {
    if (Effect !== 'Deny' || Action !== '*' || Resource !== '*') return [];
    if (Condition === undefined) return [Number.NEGATIVE_INFINITY];
    const date = Condition.DateGreaterThanEquals?.['aws:CurrentTime'];
    return date === undefined ? [] : [Date.parse(date)];
  });
  return Math.min(Number.POSITIVE_INFINITY, ...dates);
}

type Statement = {
  readonly Effect: string;
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: { readonly DateGreaterThanEquals?: Readonly<Record<string, string>> };
};

export type Can = {
  readonly set: PermissionSet;
  readonly account: string;
  readonly user: string;
  /** When AWS itself ends it, if nobody does anything. */
  readonly until: number;
};

/** Who can do anything where, at that time of AWS's clock. */
export function whatCan(aws: Aws, now: number): readonly Can[] {
  return [...aws.sets.values()].flatMap((set) =>
    set.assignments.flatMap(({ account, user }) => {
      const role = set.roles.get(account);
      const until = role === undefined ? null : deniedFrom(role);
      return until === null || until <= now ? [] : [{ set, account, user, until }];
    }),
  );
}
