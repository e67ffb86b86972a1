// What a test says about the AWS organisation that the double plays: people, accounts, limits, speed.

export type User = {
  readonly userId: string;
  readonly userName: string;
  readonly displayName: string;
  readonly email: string;
};

export type Account = { readonly id: string; readonly name: string };

export type Quotas = {
  /** Permission sets in one instance. */
  readonly permissionSets: number;
  /** Permission sets provisioned into one account. */
  readonly setsPerAccount: number;
  /** AWS-managed and customer-managed policies of one set together. */
  readonly managedPolicies: number;
  /** Characters of an inline policy that are not white space. */
  readonly inlinePolicyLength: number;
  /** Assignment creations and deletions under way at once; AWS does not raise it. */
  readonly outstandingAssignments: number;
  readonly tags: number;
};

/** https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html */
export const AWS_QUOTAS: Quotas = {
  permissionSets: 2000,
  setsPerAccount: 500,
  managedPolicies: 20,
  inlinePolicyLength: 10_240,
  outstandingAssignments: 10,
  tags: 50,
};

export type Organisation = {
  readonly region: string;
  readonly instanceArn: string;
  readonly identityStoreId: string;
  readonly users: readonly User[];
  readonly accounts: readonly Account[];
  /** Owns the Identity Center instance; must be one of `accounts`. Default: the first of them. */
  readonly managementAccount?: string;
  /** The caller sits in a delegated administrator account, which AWS keeps out of the management account. */
  readonly delegatedAdministrator?: boolean;
  /** Milliseconds that an asynchronous operation takes; a pair means "between". Default 50. */
  readonly latency?: number | readonly [number, number];
  /** Calls per second of the whole Identity Center API; AWS has 20. Default: no limit. */
  readonly tps?: number;
  readonly quotas?: Partial<Quotas>;
  /** Entries of one list page at most. Default 100, as AWS; tests of paging lower it. */
  readonly pageSize?: number;
  /** AWS does not document whether a live session stops when its role is deleted. Default true. */
  readonly roleDeletionEndsSessions?: boolean;
  /** Port to listen on. Default: any free one. */
  readonly port?: number;
  readonly now?: () => Date;
};
