// The shape of policies/tests/*.yaml: requests, the facts of each, and the verdict that the policy must give.
import type { SchemaObject } from 'ajv';
import { VIOLATION_CODES, type ViolationCode } from '../decision/violation.ts';
import { type ApprovalFields, approvalField, DRAFT, durationField, loginField, nameField } from './field.ts';
import { grantSchema } from './grant.ts';

export type EarlierFields = {
  readonly rule: string;
  readonly started: string;
  readonly duration: string;
  readonly ended?: boolean;
};

export type CaseFields = {
  readonly name: string;
  readonly requester: string;
  readonly teams?: readonly string[];
  readonly unknown?: readonly string[];
  readonly request: {
    readonly account: string;
    readonly role: string;
    readonly duration: string;
    readonly incident?: string;
  };
  readonly extends?: EarlierFields;
  readonly earlier?: readonly EarlierFields[];
  readonly waited?: string;
  readonly expect: {
    readonly allowed?: string;
    readonly approvals?: readonly ApprovalFields[];
    readonly denied?: readonly ViolationCode[];
  };
};

export type PolicyTestFields = { readonly cases: readonly CaseFields[] };

const teamsField = {
  type: 'array',
  uniqueItems: true,
  items: {
    type: 'string',
    description: 'the slug of a team in settings.yaml',
    pattern: '^[a-z0-9][a-z0-9_-]{0,99}$',
    examples: ['sre'],
  },
  examples: ['[sre]'],
} as const satisfies SchemaObject;

const earlierField = {
  type: 'object',
  description: 'a grant that the requester already had',
  additionalProperties: false,
  required: ['rule', 'started', 'duration'],
  properties: {
    rule: { ...nameField, description: 'the rule that it was granted under', examples: ['production-admin'] },
    started: { ...durationField, description: 'how long ago it was merged', examples: ['30m'] },
    duration: { ...durationField, examples: ['1h'] },
    ended: { type: 'boolean', description: 'true when it was ended before its deadline' },
  },
} as const satisfies SchemaObject;

const { account, role, incident } = grantSchema.properties;

const expectField = {
  type: 'object',
  description: '{ allowed: <rule>, approvals: […] }, or { denied: [<code>] }',
  additionalProperties: false,
  properties: {
    allowed: { ...nameField, description: 'the name of the rule that decides', examples: ['production-admin'] },
    // A test that left them out would not notice when a rule stops asking anybody.
    approvals: {
      type: 'array',
      description: 'exactly what that rule asks for; [] means that it approves by itself',
      maxItems: 10,
      items: { ...approvalField, required: ['count', 'from'] },
      examples: ['[{ count: 1, from: [team:incident-commanders] }]'],
    },
    denied: {
      type: 'array',
      description: 'every code of the denial',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string', enum: [...VIOLATION_CODES] },
      examples: ['[no-rule]'],
    },
  },
} as const satisfies SchemaObject;

export const policyTestSchema = {
  $schema: DRAFT,
  title: 'Tests of the policy: requests, the facts of each, and the verdict that the policy must give',
  type: 'object',
  additionalProperties: false,
  required: ['cases'],
  properties: {
    cases: {
      type: 'array',
      description: 'a list of cases',
      minItems: 1,
      maxItems: 1000,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'requester', 'request', 'expect'],
        properties: {
          name: {
            type: 'string',
            description: 'what the case shows, on one line of at most 120 characters',
            minLength: 1,
            maxLength: 120,
            pattern: '^\\S(?:[^\\n\\r]*\\S)?$',
            examples: ['SRE gets admin on production'],
          },
          requester: loginField,
          teams: { ...teamsField, description: 'the teams that the requester is in; in no other' },
          unknown: {
            ...teamsField,
            description: 'teams of which GitHub does not say whether the requester is in them',
          },
          request: {
            type: 'object',
            description: 'the grant that is asked for',
            additionalProperties: false,
            required: ['account', 'role', 'duration'],
            properties: { account, role, duration: durationField, incident },
          },
          extends: { ...earlierField, description: 'the live grant whose duration this raises to that of the request' },
          earlier: { type: 'array', maxItems: 100, items: earlierField },
          waited: { ...durationField, description: 'how long ago the pull request was opened' },
          expect: expectField,
        },
      },
    },
  },
} as const satisfies SchemaObject;
