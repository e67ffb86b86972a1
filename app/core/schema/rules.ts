// The shape of policies/rules.yaml.
import type { SchemaObject } from 'ajv';
import { type ApprovalFields, approvalField, DRAFT, durationField, nameField, selectorField } from './field.ts';

export type RuleTimes = {
  readonly min_duration?: string;
  readonly max_duration?: string;
  readonly request_ttl?: string;
  readonly approval_ttl?: string;
};

export type RuleFields = RuleTimes & {
  readonly name: string;
  readonly roles: readonly string[];
  readonly accounts: readonly string[];
  readonly requesters: readonly string[];
  readonly approvals: readonly ApprovalFields[];
  readonly max_live?: number;
  readonly max_per_day?: number;
  readonly incident?: 'required' | 'optional';
};

export type RulesFields = { readonly defaults?: RuleTimes; readonly rules: readonly RuleFields[] };

const times = {
  min_duration: { ...durationField, description: 'the shortest grant', examples: ['15m'] },
  max_duration: {
    ...durationField,
    description: 'the longest grant, extensions included, at most 7d',
    examples: ['4h'],
  },
  request_ttl: { ...durationField, description: 'how long a request may wait for its merge', examples: ['3h'] },
  approval_ttl: { ...durationField, description: 'how old an approval may be at the merge', examples: ['15m'] },
} as const;

const limit = { type: 'integer', minimum: 1, maximum: 1000 } as const;

const ruleField = {
  type: 'object',
  additionalProperties: false,
  // `approvals` has no default: that a rule needs nobody must be written down as [].
  required: ['name', 'roles', 'accounts', 'requesters', 'approvals'],
  properties: {
    name: { ...nameField, examples: ['production-admin'] },
    roles: {
      type: 'array',
      description: 'names of roles, or globs with *',
      minItems: 1,
      uniqueItems: true,
      items: {
        type: 'string',
        description: 'the name of a role, or a glob with *',
        pattern: '^[a-z0-9*-]{1,63}$',
        examples: ['admin', '"*"'],
      },
      examples: ['[admin]'],
    },
    accounts: {
      type: 'array',
      description: 'names of accounts, globs with *, or label:<label>',
      minItems: 1,
      uniqueItems: true,
      items: {
        type: 'string',
        description: 'the name of an account, a glob with *, or label:<label>',
        pattern: '^(?:label:[a-z0-9][a-z0-9-]{0,62}|[a-z0-9*-]{1,63})$',
        examples: ['label:prod'],
      },
      examples: ['["label:prod"]'],
    },
    requesters: {
      type: 'array',
      description: 'who may ask',
      minItems: 1,
      uniqueItems: true,
      items: selectorField,
      examples: ['[team:sre]'],
    },
    approvals: {
      type: 'array',
      description: 'who must approve; every entry is met by different people; [] means that the rule itself approves',
      maxItems: 10,
      items: { ...approvalField, required: ['count', 'from'] },
      examples: ['[{ count: 1, from: [team:incident-commanders] }]'],
    },
    ...times,
    max_live: { ...limit, description: 'live grants of one person under this rule at a time' },
    max_per_day: { ...limit, description: 'grants of one person under this rule in 24 hours' },
    incident: { type: 'string', enum: ['required', 'optional'] },
  },
} as const satisfies SchemaObject;

export const rulesSchema = {
  $schema: DRAFT,
  title: 'Rules: who may have what, for how long, approved by whom. The first that matches decides',
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    defaults: {
      type: 'object',
      description: 'times for every rule that names none',
      additionalProperties: false,
      properties: times,
    },
    rules: { type: 'array', description: 'a list of rules', maxItems: 1000, items: ruleField },
  },
} as const satisfies SchemaObject;
