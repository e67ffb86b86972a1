// The IAM document of one grant's permission set: its deadline, its guards and its role's statements. Pure.
import type { ResolvedGrant } from '../app/core/grant/resolved.ts';
import type { Guard, Statement } from '../app/core/policy/policy.ts';

/** Identity Center counts an inline policy without its white space (quota "Inline policy size"). */
export const INLINE_POLICY_LIMIT = 10_240;

export type InlinePolicy =
  | { readonly kind: 'ok'; readonly document: string }
  | { readonly kind: 'too-large'; readonly characters: number; readonly limit: number };

/**
 * The inline policy of a grant. The deadline stands first and is a literal: IAM allows no policy variables with date
 * operators, and an explicit Deny wins over every Allow, those of managed policies and live sessions included.
 */
export function inlinePolicy(grant: ResolvedGrant): InlinePolicy {
  const statements = [
    deadlineStatement(grant.deadline),
    ...grant.guards.filter((guard) => guard.actions.length > 0).map(guardStatement),
    ...grant.statements,
  ];
  const document = policyDocument(statements);
  const characters = document.replaceAll(/\s/g, '').length;
  return characters > INLINE_POLICY_LIMIT
    ? { kind: 'too-large', characters, limit: INLINE_POLICY_LIMIT }
    : { kind: 'ok', document };
}

/** How much of Identity Center's limit the grant's policy takes; its deadline is always as long. */
export function inlineSize(grant: ResolvedGrant): { readonly characters: number; readonly limit: number } {
  const made = inlinePolicy(grant);
  const characters = made.kind === 'ok' ? made.document.replaceAll(/\s/g, '').length : made.characters;
  return { characters, limit: INLINE_POLICY_LIMIT };
}

/** What an early end puts in the place of the inline policy: nothing is allowed from now on. */
export function endedPolicy(): string {
  return policyDocument([{ Sid: 'BreakglassEnded', Effect: 'Deny', Action: '*', Resource: '*' }]);
}

function deadlineStatement(deadline: string): Statement {
  // A date that IAM cannot read makes a condition that never holds, which would be access without an end.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(deadline) || Number.isNaN(Date.parse(deadline)))
    throw new Error(`the deadline "${deadline}" is not of the form 2026-11-22T05:04:00Z`);
  return {
    Sid: 'BreakglassDeadline',
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': deadline } },
  };
}

function guardStatement(guard: Guard): Statement {
  const words = guard.name.split(/[^0-9A-Za-z]+/).filter((word) => word !== '');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return { Sid: `Guard${name}`, Effect: 'Deny', Action: guard.actions, Resource: '*' };
}

function policyDocument(statements: readonly Statement[]): string {
  const used = new Set<string>();
  return JSON.stringify({ Version: '2012-10-17', Statement: statements.map((each) => canonical(each, used)) });
}

/** One order of keys, so that the same grant is the same bytes: the engine's diff and the signed digest rely on it. */
function canonical(statement: Statement, used: Set<string>): Record<string, unknown> {
  const { Sid, Effect, Action, NotAction, Resource, NotResource, Condition } = statement;
  const sid = Sid === undefined ? undefined : uniqueSid(Sid, used);
  const condition = Condition && sortedKeys(Condition, (keys) => sortedKeys(keys, (value) => value));
  // JSON.stringify leaves undefined members out.
  return { Sid: sid, Effect, Action, NotAction, Resource, NotResource, Condition: condition };
}

/** IAM takes only [0-9A-Za-z] in a Sid, and each Sid once in a document. */
function uniqueSid(wanted: string, used: Set<string>): string | undefined {
  const base = wanted.replaceAll(/[^0-9A-Za-z]/g, '');
  if (base === '') return undefined;
  let sid = base;
  for (let n = 2; used.has(sid); n += 1) sid = `${base}x${n}`;
  used.add(sid);
  return sid;
}

function sortedKeys<A, B>(object: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  const entries = Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, map(value)]));
}
