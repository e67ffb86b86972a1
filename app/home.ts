// The app's home page: for a person at 03:00, one link that opens GitHub's editor with a grant ready to be filled in.

import { newGrantUrl } from './github/report.ts';
import type { Context } from './reconcile/context.ts';

export async function homePage({ github, configured }: Context): Promise<string> {
  const { owner, name, url } = await github.repository();
  const link = newGrantUrl(url, configured.branch, newId(github.now()), TEMPLATE);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>breakglass: ${html(owner)}/${html(name)}</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}a.new{display:inline-block;padding:.6rem 1.2rem;background:#1f6feb;color:#fff;border-radius:.4rem;text-decoration:none}</style>
<h1>Emergency access</h1>
<p>Requests are pull requests in <a href="${html(url)}">${html(owner)}/${html(name)}</a>.</p>
<p><a class="new" href="${html(link)}">New grant</a></p>
<ol>
<li>Press the button, fill in the file, choose “Create a new branch for this commit”, open the pull request.</li>
<li>The app says at once who may approve it. They comment <code>/approve-emergency</code>.</li>
<li>The app merges; the pull request says when the access is there and until when.</li>
</ol>
</html>
`;
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
