// The policy of an access repository, as read from one `policies/` tree.
export type Statement = {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
};

/** Who: `team:<name in settings.teams>` or `user:<login in people.yaml>`, resolved to numeric ids when parsed. */
export type Selector =
  | { readonly kind: 'team'; readonly team: string; readonly id: number }
  | { readonly kind: 'user'; readonly login: string; readonly id: number };

export type Person = {
  readonly github: string;
  /** GitHub's numeric id: a login can be renamed and recycled, the id cannot. */
  readonly id: number;
  /** Identity Center UserId; absent for someone who only approves. */
  readonly aws?: string;
  readonly name?: string;
};

export type Account = {
  readonly name: string;
  /** Twelve digits. */
  readonly id: string;
  readonly labels: readonly string[];
  readonly warning?: string;
  /** Management and delegated-admin accounts: refused unless marked here. */
  readonly controlPlane: boolean;
};

/** A named deny list. */
export type Guard = { readonly name: string; readonly actions: readonly string[] };

export type Role = {
  readonly name: string;
  readonly description: string;
  readonly managedPolicies: readonly string[];
  readonly statements: readonly Statement[];
  /** Session length of the permission set in seconds (900 to 43200). */
  readonly sessionSeconds: number;
  /** Names in guards.yaml; `['no-persistence']` unless the file says otherwise. */
  readonly guards: readonly string[];
};

export type ApprovalEntry = { readonly count: number; readonly from: readonly [Selector, ...Selector[]] };

export type Rule = {
  readonly name: string;
  /** Names or globs. */
  readonly roles: readonly string[];
  /** Names, globs, or `label:<label>`. */
  readonly accounts: readonly string[];
  readonly requesters: readonly Selector[];
  /** Every entry must be met, by different people; empty means that the rule itself approves. */
  readonly approvals: readonly ApprovalEntry[];
  readonly minSeconds: number;
  readonly maxSeconds: number;
  readonly requestTtlSeconds: number;
  readonly approvalTtlSeconds: number;
  readonly maxLive?: number;
  readonly maxPerDay?: number;
  readonly incident: 'required' | 'optional';
};

export type SigningKey = {
  readonly id: string;
  /** Raw Ed25519 public key, 32 bytes, base64. */
  readonly key: string;
  /** First ledger position (0 is the genesis commit) in which it may sign. */
  readonly first: number;
  /** Last one; absent while the key is in use. */
  readonly last?: number;
};

export type Team = {
  readonly id: number;
  /** Whether members of child teams count, as they do for GitHub; absent where settings.yaml does not say. */
  readonly children?: boolean;
};

export type Settings = {
  readonly owners: ApprovalEntry;
  readonly revokers: readonly Selector[];
  /** By slug. A slug alone can be recreated by anybody who may create teams, the numeric id cannot. */
  readonly teams: ReadonlyMap<string, Team>;
  readonly maxRemovals: number;
  /** Names of permission sets that may go although `maxRemovals` is reached. */
  readonly releasedRemovals: readonly string[];
  readonly alarmIssue?: string;
  readonly identityCenter: {
    readonly instanceArn: string;
    readonly identityStoreId: string;
    readonly region: string;
    readonly portalUrl: string;
  };
};

export type Policy = {
  /** By GitHub numeric id. */
  readonly people: ReadonlyMap<number, Person>;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly roles: ReadonlyMap<string, Role>;
  readonly guards: ReadonlyMap<string, Guard>;
  readonly rules: readonly Rule[];
  readonly settings: Settings;
  readonly keys: readonly SigningKey[];
};
