// What the app says and does on GitHub, read off its requests as they pass, so that nobody has to ask again and again.
import type { GitHubDouble, Moment } from '../sandbox/github/index.ts';

export type Watch = {
  /** The newest check run on one of the heads, and the newest comment on the pull request. */
  readonly said: (pull: number, heads: readonly string[]) => string;
  /** Merges that GitHub carried out for the app. */
  readonly merged: ReadonlySet<number>;
  readonly stop: () => void;
};

export function watchApp(github: GitHubDouble): Watch {
  const checks = new Map<string, string>();
  const comments = new Map<number, string>();
  const merged = new Set<number>();
  const stop = github.faults.onRequest((moment: Moment) => {
    if (moment.phase !== 'after' || moment.request.caller !== 'app' || moment.reply.status >= 300) return;
    const { method, path } = moment.request;
    const body = recordOf(moment.reply.body);
    if (method === 'PUT' && path.endsWith('/merge')) merged.add(Number(/\/pulls\/(\d+)\//.exec(path)?.[1]));
    if (method !== 'POST' && method !== 'PATCH') return;
    if (/\/check-runs(\/\d+)?$/.test(path)) {
      const output = recordOf(body.output);
      checks.set(String(body.head_sha), `[${body.conclusion}] ${output.title}\n${output.summary}`);
    }
    if (/\/issues\/(\d+\/comments|comments\/\d+)$/.test(path))
      comments.set(Number(/\/issues\/(\d+)$/.exec(String(body.issue_url))?.[1]), String(body.body));
  });
  const said: Watch['said'] = (pull, heads) =>
    [...heads.flatMap((head) => checks.get(head) ?? []).slice(-1), comments.get(pull) ?? ''].join('\n---\n');
  return { said, merged, stop };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
