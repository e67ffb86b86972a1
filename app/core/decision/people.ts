// What GitHub says about people and their words: the facts that decisions are made of.
export type User = {
  readonly login: string;
  readonly id: number;
  /** `User`, `Bot`, `Organization`, `Mannequin` …; only `User` may approve. */
  readonly type: string;
};

export type Comment = {
  readonly id: number;
  readonly nodeId: string;
  readonly author: User | null;
  /** Numeric id of the App that wrote it, if one did. */
  readonly appId: number | null;
  readonly body: string;
  readonly createdAt: Date;
  /** Differs from `createdAt` once anybody has edited it, but for an edit within the same second. */
  readonly updatedAt: Date;
};

export type Review = {
  readonly id: number;
  readonly nodeId: string;
  readonly author: User | null;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';
  readonly body: string;
  readonly submittedAt: Date | null;
};

/** Whether anybody changed words after they were written, by GitHub's own history of them. */
export type Edits = 'unedited' | 'edited' | 'unknown';

/** One line of GitHub's own push log of a branch (`GET …/activity`), oldest first. */
export type Push = {
  readonly actor: User | null;
  readonly before: string;
  readonly after: string;
  readonly at: Date;
  readonly kind: string;
};

export type Membership = 'member' | 'not-member' | 'unknown';

export type CheckContent = {
  /** Never `neutral` or `skipped`: GitHub counts both as passed. */
  readonly conclusion: 'success' | 'failure' | 'action_required';
  readonly title: string;
  readonly summary: string;
  /** The facts behind it, for whoever wants to look them up; by itself no reason to write the check again. */
  readonly details?: string;
};

export type Reaction = '+1' | '-1' | 'confused' | 'eyes' | 'rocket';
