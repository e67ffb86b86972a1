// The small organization that the tests of the double play in.
import { type GitHubDouble, type GitHubOptions, startGitHub } from './index.ts';

/** root administers; mona asks; boss approves; reader only reads; stranger is nobody here. */
export const acme = (options: Partial<GitHubOptions> = {}): Promise<GitHubDouble> =>
  startGitHub({
    owner: 'acme',
    name: 'access',
    seed: { 'README.md': 'Access\n' },
    people: [
      { login: 'root', id: 1, admin: true },
      { login: 'mona', id: 583_231 },
      { login: 'boss', id: 1_234_567 },
      { login: 'reader', id: 7, role: 'read' },
      { login: 'stranger', id: 99, role: 'none', member: false },
    ],
    teams: [{ slug: 'commanders', id: 77, members: ['boss'] }],
    app: { slug: 'breakglass', id: 4242, installationId: 5151, webhookSecret: 'secret' },
    ...options,
  });

export const base = '/repos/acme/access';
