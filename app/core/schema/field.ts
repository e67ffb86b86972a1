// Fields that several files share: how each must look, in the words that editors and messages show.
import type { SchemaObject } from 'ajv';

export const DRAFT = 'http://json-schema.org/draft-07/schema#';

export const durationField = {
  type: 'string',
  description: 'days, hours, minutes and seconds, each at most once, the largest first, without spaces',
  pattern: '^(?=[1-9])(?:[1-9][0-9]{0,6}d)?(?:[1-9][0-9]{0,6}h)?(?:[1-9][0-9]{0,6}m)?(?:[1-9][0-9]{0,6}s)?$',
  examples: ['2h', '15m', '1h30m'],
} as const satisfies SchemaObject;

/**
 * What GitHub gives out and has given out: letters, digits and hyphens, with `_` before the short code of a managed
 * account. Bots (`name[bot]`) and apps are nobody's access.
 */
export const loginField = {
  type: 'string',
  description: 'a GitHub login without @',
  pattern: '^(?=.{1,39}$)[A-Za-z0-9][A-Za-z0-9-]*(?:_[A-Za-z0-9]+)?$',
  examples: ['octocat'],
} as const satisfies SchemaObject;

/** Names of roles, accounts, guards, rules, labels: lower case, so that no two differ by case only. */
export const nameField = {
  type: 'string',
  description: 'a name of lower-case letters, digits and hyphens, at most 63 characters',
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  examples: ['prod-payments'],
} as const satisfies SchemaObject;

export const githubIdField = {
  type: 'integer',
  description: "GitHub's numeric id",
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
} as const satisfies SchemaObject;

export const selectorField = {
  type: 'string',
  description: 'team:<a team in settings.yaml> or user:<a login in people.yaml>',
  pattern: '^(?:team:[A-Za-z0-9][A-Za-z0-9_-]{0,99}|user:[A-Za-z0-9][A-Za-z0-9_-]{0,38})$',
  examples: ['team:sre', 'user:octocat'],
} as const satisfies SchemaObject;

/** `count` people out of `from`. */
export const approvalField = {
  type: 'object',
  additionalProperties: false,
  required: ['from'],
  properties: {
    count: { type: 'integer', description: 'how many different people', minimum: 1, maximum: 20, examples: [1] },
    from: {
      type: 'array',
      description: 'who may approve',
      minItems: 1,
      uniqueItems: true,
      items: selectorField,
      examples: ['[team:incident-commanders]'],
    },
  },
} as const satisfies SchemaObject;

export type ApprovalFields = { readonly count?: number; readonly from: readonly [string, ...string[]] };
