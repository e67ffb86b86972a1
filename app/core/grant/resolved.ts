// A grant with every name replaced by what it means in AWS: all that the engine needs, and nothing of GitHub's text.
import type { Guard, Statement } from '../policy/policy.ts';

export type ResolvedGrant = {
  readonly id: string;
  /** GitHub's numeric id of the access repository: the ledger tag. */
  readonly repositoryId: number;
  /** Permission set name: `bg-<role ≤ 12>-<16 base32 of sha256(repository id, grant id)>`, at most 32 characters. */
  readonly permissionSetName: string;
  readonly instanceArn: string;
  readonly identityStoreId: string;
  readonly region: string;
  readonly portalUrl: string;
  /** Identity Center UserId. */
  readonly userId: string;
  readonly accountId: string;
  readonly accountName: string;
  readonly role: string;
  readonly managedPolicies: readonly string[];
  readonly statements: readonly Statement[];
  readonly guards: readonly Guard[];
  readonly sessionSeconds: number;
  /** When the access ends: whole seconds, UTC, `2026-11-22T05:04:00Z`. */
  readonly deadline: string;
};

/** Resources, by name, that AWS holds and the engine's state does not know: taken into the state instead of made. */
export type Adopted = { readonly names: ReadonlySet<string>; readonly permissionSetArn: string };

/** What is not signed: how AWS stands to it. */
export type Around = {
  readonly adopted?: Adopted;
  /** AWS's own confirmation of the access, in words, asked once the assignment is there; null when it is not had in time. */
  readonly proof: () => Promise<string | null>;
};
