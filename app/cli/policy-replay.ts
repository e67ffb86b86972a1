// `breakglass policy replay`: every grant of a clone's history, judged again under a proposed policy.

import type { Command } from 'commander';
import { inlineSize } from '../../pulumi/statements.ts';
import type { Policy } from '../core/policy/policy.ts';
import {
  differenceText,
  type HistoricRequest,
  historyOf,
  REPLAY_ASSUMES,
  type Replay,
  replay,
} from '../core/policy/replay.ts';
import { parsedPolicy } from '../git/ledger.ts';
import { describeObjects } from '../git/objects.ts';
import { readPolicyFiles } from '../git/policy-files.ts';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { addLedgerOptions, givenRoot, type LedgerOptions, type SourcedLedger, sourceLedger } from './ledger-source.ts';
import { NOT_PARSED, parsedOrTold, readProposal } from './policy-source.ts';
import { shown, type Terminal } from './terminal.ts';

type ReplayOptions = LedgerOptions & { readonly proposed?: string; readonly json?: true };

export function addPolicyReplay(policy: Command, cli: Cli): void {
  const command = addLedgerOptions(policy.command('replay'), '.')
    .description(
      'judge every grant of the history again under a proposed policy, and list what would be decided otherwise',
    )
    .option('--proposed <dir|ref>', 'a folder or a commit with the policy (default: the files of --repo as they stand)')
    .option('--json', 'print JSON')
    .action((options: ReplayOptions) => cli.run(() => replayed(options, cli.terminal)));
  addExamples(command, [
    ['policy replay', 'what the policy in this folder would have decided otherwise'],
    ['policy replay --branch origin/main --proposed my-change', 'a branch that changes the policy'],
  ]);
}

async function replayed(options: ReplayOptions, terminal: Terminal): Promise<ExitCode> {
  const json = options.json === true;
  const proposal = parsedOrTold(await readProposal(options.repo, options.proposed), terminal, json);
  if (proposal === null) return NOT_PARSED;
  const source = await sourceLedger(options, givenRoot(options));
  const answer = replay(await history(options.repo, source), proposal.policy, inlineSize);
  if (json) terminal.out(JSON.stringify({ proposed: proposal.from, assumes: REPLAY_ASSUMES, ...answer }, null, 2));
  else tell(answer, proposal.from, terminal);
  return answer.differences.length === 0 ? EXIT.ok : EXIT.attention;
}

async function history(repo: string, { folded }: SourcedLedger): Promise<readonly HistoricRequest[]> {
  const grants = [...folded.ledger.grants.values()];
  const trees = [...new Set(grants.map(({ record }) => record.policies))];
  const known = new Map<string, Policy>();
  const described = await describeObjects(repo, trees);
  for (const [index, tree] of trees.entries()) {
    if (described[index]?.type !== 'tree') continue;
    const parsed = parsedPolicy(tree, await readPolicyFiles(repo, tree));
    if (parsed.kind === 'ok') known.set(tree, parsed.value);
  }
  return historyOf(grants, (tree) => known.get(tree) ?? null);
}

function tell({ replayed: count, differences, unjudged }: Replay, from: string, terminal: Terminal): void {
  for (const one of differences) terminal.out(shown(differenceText(one)));
  for (const { grantId, why } of unjudged) terminal.out(`Grant "${grantId}" is not replayed: ${why}.`);
  terminal.out(`${count} grants replayed under ${shown(from)}; ${differences.length} would be decided otherwise.`);
  for (const line of REPLAY_ASSUMES) terminal.out(terminal.tone('dim', `- ${line}`));
}
