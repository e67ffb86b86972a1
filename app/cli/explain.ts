// `breakglass explain`: the decision on one open pull request with every fact it is made of; or again, from facts that were kept.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from '../config.ts';
import { type Decision, decide } from '../core/decision/decide.ts';
import { type Evidence, readEvidence, writeEvidence } from '../core/decision/evidence.ts';
import { toPlain } from '../core/decision/plain.ts';
import { factsOf } from '../core/decision/provenance.ts';
import type { Context } from '../reconcile/context.ts';
import type { Cli } from './cli.ts';
import { configured } from './configured.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import { explanationLines } from './explain-text.ts';
import { progressLog } from './progress-log.ts';
import type { Terminal } from './terminal.ts';

type ExplainOptions = { readonly facts?: string; readonly json?: true };

export function addExplain(program: Command, cli: Cli): void {
  const command = program
    .command('explain')
    .description(
      "the decision on an open pull request, with every fact and where it was read. Runs with the app's environment; writes nothing to GitHub",
    )
    .argument('[pull]', 'number of the pull request', pullNumber)
    .option('--facts <file>', 'decide again, offline, by the facts that --json wrote')
    .option('--json', 'print JSON: all that is needed to decide again')
    .action((pull: number | undefined, options: ExplainOptions) => cli.run(() => explain(pull, options, cli.terminal)));
  addExamples(command, [
    ['explain 42', 'what the app decides on pull request 42 now, and why'],
    ['explain 42 --json > facts.json', 'the same, to be kept'],
    ['explain --facts facts.json', 'the same verdict by the same facts, without GitHub, AWS or Git'],
  ]);
}

async function explain(pull: number | undefined, options: ExplainOptions, terminal: Terminal): Promise<ExitCode> {
  if ((pull === undefined) === (options.facts === undefined))
    throw refusal(EXIT.usage, 'give the number of a pull request, or --facts with a file; one of the two');
  const evidence =
    options.facts !== undefined
      ? keptEvidence(options.facts)
      : await liveEvidence(configured(process.env), pull ?? 0, terminal);
  const decision = options.facts === undefined ? decide(evidence.facts) : decideAgain(evidence, options.facts);
  if (options.json) {
    const { verdict, approval, phase } = decision;
    const answer = { ...writeEvidence(evidence), decision: toPlain({ verdict, approval, phase }) };
    terminal.out(JSON.stringify({ ...answer, sources: factsOf(evidence) }, null, 2));
  } else for (const line of explanationLines(evidence, decision, terminal)) terminal.out(line);
  return decision.phase.kind === 'approved' || decision.phase.kind === 'waiting' ? EXIT.ok : EXIT.attention;
}

function keptEvidence(file: string): Evidence {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw refusal(EXIT.usage, `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const read = readEvidence(json);
  if (read.kind === 'unusable') throw refusal(EXIT.usage, `${file} holds no facts of a decision: ${read.reason}`);
  return read.evidence;
}

/** What was taken out of the file by hand is no defect of ours. */
function decideAgain({ facts }: Evidence, file: string): Decision {
  try {
    return decide(facts);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal(EXIT.usage, `${file} does not hold everything that a decision needs: ${why}`);
  }
}

async function liveEvidence(config: Config, number: number, terminal: Terminal): Promise<Evidence> {
  const log = progressLog(terminal, config.logLevel);
  const [{ assemble }, { gather }] = await Promise.all([import('../assemble.ts'), import('../reconcile/gather.ts')]);
  // Nothing is put to work here: whatever asks to be looked at, the app finds by itself.
  const { context } = await assemble(config, log, () => {});
  const { owner, name } = config.repository;
  for (let tries = 1; ; tries += 1) {
    const gathered = await gather(context, await openPull(context, number), 'anew');
    if (gathered.kind === 'facts') return { repository: { owner, name }, seen: gathered.seen, facts: gathered.facts };
    if (tries === TRIES) throw refusal(EXIT.unavailable, `GitHub does not say everything yet: ${gathered.reason}`);
    await sleep(1_000);
  }
}

/** A head is in Git a moment later than in the API. */
const TRIES = 3;

async function openPull({ github, configured: served }: Context, number: number) {
  const pull = await github.pull(number);
  if (pull === null || pull.base.repositoryId !== served.repositoryId)
    throw refusal(EXIT.attention, `there is no pull request #${number} in the access repository`);
  if (pull.state === 'open') return pull;
  const what = pull.merged
    ? 'merged: `breakglass audit` shows what became of it'
    : 'closed: there is nothing to decide';
  throw refusal(EXIT.attention, `pull request #${number} is ${what}`);
}

function pullNumber(text: string): number {
  if (!/^#?[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('Write the number of a pull request, e.g. 42.');
  return Number(text.replace('#', ''));
}
