// One grant as its file says it: one person, one role, one account, one duration, one reason.
export type Grant = {
  /** The file's stem, `[a-z0-9][a-z0-9-]{2,62}`; granted once in all history. */
  readonly id: string;
  /** GitHub login as written; compared without letter case. */
  readonly requester: string;
  /** A name in policies/accounts.yaml. */
  readonly account: string;
  /** A name in policies/roles.yaml. */
  readonly role: string;
  /** As written, e.g. `1h30m`. */
  readonly duration: string;
  /** The same in whole seconds. */
  readonly seconds: number;
  readonly reason: string;
  readonly incident?: string;
};
