// What every verb needs: the client, the one repository that it serves, and GitHub's clock.
import type { Logger } from 'pino';
import type { Client, Clock } from './octokit-requests.ts';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export type Connection = {
  readonly client: Client;
  readonly app: { readonly id: number; readonly slug?: string | undefined };
  readonly at: { readonly owner: string; readonly repo: string };
  readonly repositoryId: number;
  readonly clock: Clock;
  readonly log: Log;
  /** The most that GitHub gives. */
  readonly per_page: 100;
};
