// The engine's child in a simulation: whether a grant is authorized, and what time it is, it asks the simulated world.
import '../../../app/engine/lazy-arborist.ts';
import { get } from 'node:http';
import { json } from 'node:stream/consumers';
import { serveChild } from '../../../app/engine/child-server.ts';
import type { Authorized } from '../../../app/git/authorized.ts';
import { grantProgram } from '../../../pulumi/index.ts';
import { inlinePolicy } from '../../../pulumi/statements.ts';

export type Judged = { readonly answer: Authorized; readonly now: number };

const realNow = Date.now;

serveChild({
  authorize: async ({ mirror }, grantId) => {
    const { answer, now } = await ask(`${mirror}/${grantId}`);
    // Only while the child judges the deadline: the engine's own connections have time limits, in real time.
    Date.now = () => now;
    return answer;
  },
  program: grantProgram,
  inlinePolicy: (grant) => {
    Date.now = realNow;
    return inlinePolicy(grant);
  },
});

function ask(url: string): Promise<Judged> {
  return new Promise((resolve, reject) => {
    get(url, (response) => json(response).then((body) => resolve(body as Judged), reject)).on('error', reject);
  });
}
