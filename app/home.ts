// The app's home page: for a person at 03:00, one link that opens GitHub's editor with a grant ready to be filled in.

import { newGrantUrl } from './github/report.ts';
import { differs, relative, utc } from './github/text.ts';
import { ALARMS } from './reconcile/alarm-codes.ts';
import type { Context } from './reconcile/context.ts';
import type { Watch } from './reconcile/watch.ts';

export async function homePage({ github, configured }: Context, seen: Watch): Promise<string> {
  const { owner, name, url } = await github.repository();
  const link = newGrantUrl(url, configured.branch, newId(github.now()), TEMPLATE);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>breakglass: ${html(owner)}/${html(name)}</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}table{border-spacing:0}th,td{text-align:left;vertical-align:top;padding:.1rem 1rem .1rem 0;font-weight:normal}a.new{display:inline-block;padding:.6rem 1.2rem;background:#1f6feb;color:#fff;border-radius:.4rem;text-decoration:none}</style>
<h1>Emergency access</h1>
<p>Requests are pull requests in <a href="${html(url)}">${html(owner)}/${html(name)}</a>.</p>
<p><a class="new" href="${html(link)}">New grant</a></p>
<ol>
<li>Press the button, fill in the file, choose “Create a new branch for this commit”, open the pull request.</li>
<li>The app says at once who may approve it. They comment <code>/approve-emergency</code>.</li>
<li>The app merges; the pull request says when the access is there and until when.</li>
</ol>
${nowSection(seen)}
</html>
`;
}

/** Numbers and codes only: the page may be open to more people than the repository is. */
function nowSection({ at, standing, alarms, lastPass, clocks }: Watch): string {
  const number = (value: number | undefined) => (value === undefined ? 'not known here' : String(value));
  const oldest = standing?.unproven[0]?.since;
  const rows: readonly (readonly [string, string])[] = [
    ['Live grants', number(standing?.live)],
    ['Failing', number(standing?.failing.length)],
    ['Stuck', number(standing?.stuck.length)],
    [
      'Ended, not proven to be gone',
      `${number(standing?.unproven.length)}${oldest ? `, oldest since ${utc(oldest)}` : ''}`,
    ],
    ['Last pass without a problem', lastPass === null ? 'none yet' : `${utc(lastPass)} (${relative(lastPass, at)})`],
    ['Clock of AWS', differs(clocks.aws)],
    ['Clock of GitHub', differs(clocks.github)],
  ];
  return `<h2>Now</h2>
<table>
${rows.map(([name, value]) => `<tr><th>${name}<td>${html(value)}`).join('\n')}
</table>
${alarms.length === 0 ? '<p>No alarm is open.</p>' : alarmTable(alarms)}`;
}

function alarmTable(alarms: Watch['alarms']): string {
  const rows = alarms.map(
    ({ code, since }) => `<tr><td><b>${code}</b><td>${utc(since)}<td>${html(ALARMS[code].replaceAll('`', ''))}`,
  );
  return `<h2>Open alarms</h2>\n<table>\n${rows.join('\n')}\n</table>`;
}

/** GitHub's web editor cannot compute a name; the time makes one that was never used. */
function newId(now: Date): string {
  return `${now.toISOString().slice(0, 16).replace('T', '-').replace(':', '')}-what-is-broken`;
}

export const TEMPLATE = `requester: your-github-login
account: # a name in policies/accounts.yaml
role: # a name in policies/roles.yaml
duration: 1h
reason: # what is broken, and what you need the access for
# incident: INC-1234
`;

function html(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
