// Live access against what was signed: what somebody changed in AWS is found here, and put right by `grant:<id>`.
import { inlinePolicy } from '../../pulumi/statements.ts';
import type { Access } from '../aws/port.ts';
import type { GrantEntry, Ledger } from '../core/ledger/ledger.ts';
import type { Step } from '../core/plan.ts';
import { sight } from '../core/sightings.ts';
import type { Context } from './context.ts';
import { accessByGrant } from './look.ts';

/**
 * Access that AWS confirmed and a listing lacks, or tags otherwise, is made anew only when two passes in a row say so: one
 * empty answer must not send every live grant to the engine. Answers the steps that are due now.
 */
export function heedDrift(
  context: Context,
  ledger: Ledger,
  access: ReadonlyMap<string, Access>,
  steps: readonly Step[],
): readonly Step[] {
  const { memory, github } = context;
  const isDrift = ({ kind, id }: Step): boolean => kind !== 'end' && isConfirmed(context, ledger.grants.get(id));
  const seen = steps.filter(isDrift).map((step) => step.id);
  memory.sweep.driftSightings = sight(memory.sweep.driftSightings, seen, github.now());
  return steps.filter((step) => {
    if (!isDrift(step)) return true;
    if ((memory.sweep.driftSightings.get(step.id)?.times ?? 0) < 2) return false;
    if (!memory.drifted.has(step.id)) memory.drifted.set(step.id, [whatIsMissing(step, access)]);
    return true;
  });
}

function whatIsMissing({ kind, id }: Step, access: ReadonlyMap<string, Access>): string {
  if (!access.has(id)) return 'AWS did not have the permission set any more.';
  return kind === 'grant'
    ? "The engine's state did not have the grant any more."
    : 'The tags of the permission set are not those that were given to it.';
}

export function isConfirmed({ memory }: Context, entry: GrantEntry | undefined): boolean {
  return entry !== undefined && memory.confirmed.get(entry.id) === entry.resolved.deadline;
}

/** A run ends after this long; the next one goes on with those that were not looked at for the longest. */
const RUN_MS = 60_000;

/** Content, deadline, assignment and provisioning of every live grant, one after the other at the pace of the sweep. */
export async function compareLive(context: Context, ledger: Ledger, signal: AbortSignal): Promise<void> {
  const { compared, seen } = context.memory.sweep;
  const access = accessByGrant(ledger, seen.sets ?? []);
  const entries = [...ledger.grants.values()].filter((entry) => isConfirmed(context, entry));
  for (const id of compared.keys()) if (!ledger.grants.has(id)) compared.delete(id);
  const last = ({ id }: GrantEntry) => compared.get(id) ?? 0;
  const until = performance.now() + RUN_MS;
  for (const entry of entries.sort((a, b) => last(a) - last(b))) {
    if (signal.aborted || performance.now() > until) return;
    compared.set(entry.id, Date.now());
    const arn = access.get(entry.id)?.arn ?? (await elsewhere(context, ledger, entry));
    if (arn !== null) await compareOne(context, entry, arn);
  }
}

/** The listing is of the Identity Center in force; a grant stays where it was made. */
async function elsewhere(context: Context, ledger: Ledger, { resolved }: GrantEntry): Promise<string | null> {
  if (resolved.instanceArn === ledger.policy.value.settings.identityCenter.instanceArn) return null;
  return (await context.identityCenter(resolved).find(resolved.permissionSetName))?.arn ?? null;
}

async function compareOne(context: Context, entry: GrantEntry, arn: string): Promise<void> {
  const { memory, enqueue, log } = context;
  const { id, resolved } = entry;
  const document = inlinePolicy(resolved);
  if (document.kind === 'too-large') return;
  const answer = await context.identityCenter(resolved).compare(resolved, arn, document.document);
  // What is gone altogether shows in the listing as well, which is believed the second time.
  if (answer.kind === 'gone' || answer.differences.length === 0) return;
  const now = (await context.ledger()).grants.get(id);
  // An extension may have come between, or be under way.
  if (now?.resolved.deadline !== resolved.deadline || !isConfirmed(context, now) || memory.running.has(id)) return;
  log.warn({ grant: id, arn, differences: answer.differences }, 'AWS differs from what was signed');
  memory.drifted.set(id, answer.differences);
  enqueue(`grant:${id}`);
}

/** Said once it is right again: who changed it is for a person to find out. */
export function sayRepaired({ alarms, memory, github }: Context, entry: GrantEntry, arn: string): string | null {
  const found = memory.drifted.get(entry.id);
  if (found === undefined) return null;
  memory.drifted.delete(entry.id);
  const sentence = found.join(' ');
  const at = github.now().toISOString();
  alarms.happened(
    'drift-repaired',
    `${entry.id} ${at}`,
    `the access of "${entry.id}" was changed in AWS: ${sentence}`,
    {
      grant: entry.id,
      arn,
      differences: found,
    },
  );
  return sentence;
}
