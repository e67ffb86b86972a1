// Opens the pull request that takes out the files of grants whose absence AWS has proved, one for all of them.
import { createHash } from 'node:crypto';
import type { Ledger } from '../core/ledger/ledger.ts';
import { quoted, sentence } from '../github/text.ts';
import type { Context } from './context.ts';

const BRANCH_PREFIX = 'breakglass/remove-';

export async function reconcileRemoval(context: Context): Promise<void> {
  const { github, mirror, configured, memory, enqueue, log } = context;
  await mirror.fetch();
  const ledger = await context.ledger();
  const due = removable(context, ledger);
  if (due.length === 0) return;
  const open = (await github.openPulls()).filter((pull) => pull.head.ref.startsWith(BRANCH_PREFIX));
  for (const pull of open) enqueue(`pull:${pull.number}`);
  const paths = due.map((one) => one.path);
  const digest = createHash('sha256')
    .update([ledger.tip, ...paths].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const branch = `${BRANCH_PREFIX}${digest}`;
  if (open.some((pull) => pull.head.ref === branch)) return;
  const title = due.length === 1 ? `End access of ${due[0]?.id ?? ''}` : `End access of ${due.length} grants`;
  await github.createRemovalBranch({ branch, base: ledger.tip, paths, message: `${title}\n` });
  const body = [
    'Ended, and AWS has proved that the access is gone. The app merges this by itself.',
    ...due.map((one) => `- ${quoted(one.id)}: ${sentence(one.why)}`),
  ].join('\n');
  const number = await github.openPull({ branch, base: configured.branch, title, body });
  for (const one of due) memory.removals.set(one.id, number);
  log.info({ pull: number, grants: due.map((one) => one.id) }, 'removal opened');
  enqueue(`pull:${number}`);
}

type Due = { readonly id: string; readonly path: string; readonly why: string };

/** Proven ones and strays whose files are still there and that no open pull request takes out already. */
function removable({ memory }: Context, ledger: Ledger): readonly Due[] {
  const ended = [...ledger.grants.values()].flatMap((entry): Due[] => {
    const proof = memory.proven.get(entry.id);
    if (proof === undefined || entry.removed !== null) return [];
    return [{ id: entry.id, path: `grants/${entry.id}.yaml`, why: proof.ended }];
  });
  const strays = ledger.strays.map(
    (one): Due => ({ id: one.id, path: one.path, why: `it was never authorized: ${one.reason}` }),
  );
  return [...ended, ...strays].filter((one) => !memory.removals.has(one.id));
}
