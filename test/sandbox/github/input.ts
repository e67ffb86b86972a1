// Reads parameters and bodies the way GitHub does: loose about numbers, strict about what is missing.
import { invalid, notFound } from './reply.ts';
import type { Call } from './router.ts';
import { type Comment, type Issue, isPull, type PullRequest } from './world.ts';

export const param = (call: Call, name: string): string => call.params[name] ?? '';

export function numberParam(call: Call, name: string): number {
  const value = Number(param(call, name));
  if (!Number.isSafeInteger(value)) throw notFound();
  return value;
}

export const text = (call: Call, name: string): string | undefined => {
  const value = call.body[name];
  return typeof value === 'string' ? value : undefined;
};

export function requiredText(call: Call, resource: string, name: string): string {
  const value = text(call, name);
  if (value === undefined || value === '') throw invalid({ resource, field: name, code: 'missing_field' });
  return value;
}

export const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const strings = (value: unknown): string[] => list(value).filter((item) => typeof item === 'string');

export function issueOf(call: Call, name = 'issue_number'): Issue {
  const issue = call.world.issues.get(numberParam(call, name));
  if (!issue) throw notFound();
  return issue;
}

export function pullOf(call: Call): PullRequest {
  const issue = issueOf(call, 'pull_number');
  if (!isPull(issue)) throw notFound();
  return issue;
}

export function commentOf(call: Call): Comment {
  const comment = call.world.comments.get(numberParam(call, 'comment_id'));
  if (!comment) throw notFound();
  return comment;
}

/** GitHub counts characters, and refuses the 65,537th. */
export function boundedBody(resource: string, body: string): string {
  if ([...body].length > 65_536) {
    const message = 'Body is too long (maximum is 65536 characters)';
    throw invalid({ resource, field: 'body', code: 'unprocessable', message });
  }
  return body;
}
