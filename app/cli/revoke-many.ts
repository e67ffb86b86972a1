// `breakglass revoke --person | --account | --all`: in a compromise, every live grant of somebody ends now.
import { setTimeout as sleep } from 'node:timers/promises';
import { addSeconds } from 'date-fns/addSeconds';
import type { IdentityCenter } from '../aws/port.ts';
import { wholeSeconds } from '../core/instant.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import type { LedgerOptions } from './ledger-source.ts';
import { confirmed } from './revoke-confirm.ts';
import { leaveOrder, releaseHolds } from './revoke-data.ts';
import { type Denial, denyAll } from './revoke-deny.ts';
import { type FinishedGrant, finish } from './revoke-finish.ts';
import { grantsOf, readGrants, type ScopeOptions, type Target, targetOf } from './revoke-scope.ts';
import { type Outcome, reportLines } from './revoke-text.ts';
import type { Terminal } from './terminal.ts';

export type ManyOptions = LedgerOptions &
  ScopeOptions & {
    readonly reason: string;
    /** Seconds for which nothing new is granted to them. */
    readonly hold: number;
    /** Seconds for which AWS is looked at again, as a grant may be under way. */
    readonly watch: number;
    readonly release?: true;
    readonly yes?: true;
    readonly json?: true;
  };

/** What began longer ago is not being granted any more. */
const YOUNG_MS = 10 * 60_000;
const ROUND_MS = 3_000;

export async function revokeMany(options: ManyOptions, phraseAt: (at: Date) => string, terminal: Terminal) {
  const ledgers = await readGrants(options);
  const target = targetOf(options, ledgers);
  const listed = grantsOf(target, ledgers, terminal.now());
  await agreed(target, listed, options, terminal);
  const at = terminal.now();
  const phrase = phraseAt(at);
  const until = addSeconds(at, options.hold);
  const left = leaveOrder(process.env, { scopes: target.scopes, grants: listed, phrase, at, until });
  if (left.kind === 'failed')
    terminal.note(`The app's data folder cannot be written (${left.reason}). AWS is told all the same.`);
  const { denials, finished } = await denyAndFinish(listed, { target, phrase, watch: options.watch }, terminal);
  const done = finished.kind === 'finished' ? finished.grants : [];
  const outcomes = outcomesOf(listed, denials, done);
  const report = {
    target: target.name,
    at: wholeSeconds(at),
    reason: phrase,
    heldUntil: left.kind === 'left' && options.hold > 0 ? wholeSeconds(until) : null,
    app: left.kind,
    follows: finished.kind === 'finished' ? null : finished.reason,
    grants: outcomes,
  };
  if (options.json) terminal.out(JSON.stringify(report, null, 2));
  else for (const line of reportLines(report, target)) terminal.out(line);
  return exitCodeFor(outcomes, left.kind);
}

/** The one thing here that gives something back: only where the app's folder is, and never an ended grant. */
export async function release(options: ManyOptions, terminal: Terminal): Promise<ExitCode> {
  const target = targetOf(options, await readGrants(options));
  const released = releaseHolds(process.env, target.scopes, terminal.now());
  if (released === null)
    throw refusal(
      EXIT.usage,
      "Holds lie in the app's data folder: run this where the app runs, with its BREAKGLASS_DATA_DIR.",
    );
  if (options.json) terminal.out(JSON.stringify({ target: target.name, released }, null, 2));
  else terminal.out(released ? `Nothing is held any more: ${target.name}.` : `Nothing was held: ${target.name}.`);
  return released ? EXIT.ok : EXIT.attention;
}

async function agreed(
  target: Target,
  listed: readonly GrantEntry[],
  options: ManyOptions,
  terminal: Terminal,
): Promise<void> {
  for (const { id, record, resolved, deadline } of listed)
    terminal.note(
      `  ${id}  @${record.requester.login}  ${resolved.role} on ${resolved.accountName} until ${wholeSeconds(deadline)}`,
    );
  const question = `End ${listed.length === 1 ? '1 grant' : `${listed.length} grants`} of ${target.name} for good?`;
  if (options.yes !== true && !(await confirmed(question))) throw refusal(EXIT.attention, 'Nothing was done.');
}

type Doing = { readonly target: Target; readonly phrase: string; readonly watch: number };

/**
 * Denied first, then destroyed. A grant that another process has under way writes its policy after our denial: what is
 * young is denied again until the time is up, or until this command has itself destroyed what there was.
 */
async function denyAndFinish(listed: readonly GrantEntry[], { target, phrase, watch }: Doing, terminal: Terminal) {
  const denying = { phrase, centerOf: await centers(), onDenied: said(terminal) };
  const denials = new Map(await denyAll(listed, denying));
  const finished = { done: false };
  const finishing = finish(process.env, target, terminal).then((result) => {
    finished.done = result.kind === 'finished';
    return result;
  });
  const end = terminal.now().getTime() + watch * 1000;
  const isYoung = ({ startedAt }: GrantEntry) => terminal.now().getTime() - startedAt.getTime() < YOUNG_MS;
  const stillOpen = () => listed.filter((one) => isYoung(one) || denials.get(one.id)?.kind === 'failed');
  while (!finished.done && terminal.now().getTime() < end && stillOpen().length > 0) {
    await sleep(Math.min(ROUND_MS, Math.max(0, end - terminal.now().getTime())));
    // Gone after it was denied: the app has destroyed it meanwhile.
    for (const [id, denial] of await denyAll(stillOpen(), denying))
      if (denial.kind !== 'absent' || denials.get(id)?.kind !== 'denied') denials.set(id, denial);
  }
  return { denials, finished: await finishing };
}

async function centers(): Promise<(entry: GrantEntry) => IdentityCenter> {
  const { operatorCenter } = await import('./grant-access.ts');
  const known = new Map<string, IdentityCenter>();
  return ({ resolved }) => {
    const center = known.get(resolved.instanceArn) ?? operatorCenter(resolved, process.env);
    known.set(resolved.instanceArn, center);
    return center;
  };
}

/** Each once: the later rounds are silent unless something is new. */
function said(terminal: Terminal): (entry: GrantEntry, denial: Denial) => void {
  const last = new Map<string, string>();
  return ({ id }, denial) => {
    const line = denial.kind === 'failed' ? `not denied: ${denial.reason}` : denial.kind;
    if (last.get(id) !== line) terminal.note(`${id}: ${line}`);
    last.set(id, line);
  };
}

function outcomesOf(
  listed: readonly GrantEntry[],
  denials: ReadonlyMap<string, Denial>,
  done: readonly FinishedGrant[],
): readonly Outcome[] {
  const ids = new Set([...listed.map(({ id }) => id), ...done.map(({ id }) => id)]);
  return [...ids].map((grant): Outcome => {
    const denial = denials.get(grant);
    const end = done.find(({ id }) => id === grant);
    if (end?.kind === 'removed') return { grant, outcome: 'removed', detail: end.proof };
    if (denial?.kind === 'denied') return { grant, outcome: 'denied', detail: denial.arn };
    if (denial?.kind === 'absent') return { grant, outcome: 'absent', detail: 'AWS holds nothing of it' };
    return { grant, outcome: 'failed', detail: denial?.reason ?? (end?.kind === 'failed' ? end.reason : 'not tried') };
  });
}

function exitCodeFor(outcomes: readonly Outcome[], app: 'left' | 'no-app-here' | 'failed'): ExitCode {
  if (outcomes.some(({ outcome }) => outcome === 'failed')) return EXIT.unavailable;
  // What is still to be made could be made after this: only the app's own memory keeps it from that.
  const unsure = app !== 'left' && outcomes.some(({ outcome }) => outcome === 'absent');
  return unsure || app === 'failed' ? EXIT.attention : EXIT.ok;
}
