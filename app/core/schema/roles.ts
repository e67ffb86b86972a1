// The shape of policies/roles.yaml.
import type { SchemaObject } from 'ajv';
import type { Statement } from '../policy/policy.ts';
import { DRAFT, durationField, nameField } from './field.ts';

export type RoleFields = {
  readonly description: string;
  readonly managed_policies?: readonly string[];
  readonly statements?: readonly Statement[];
  readonly session?: string;
  readonly guards?: readonly string[];
};

// IAM takes these characters in a policy document (botocore, sso-admin 2020-07-20, PermissionSetPolicyDocument).
const POLICY_TEXT = '^[\\u0020-\\u00FF]+$';

const textOrTexts = { type: ['string', 'array'], minLength: 1, minItems: 1, pattern: POLICY_TEXT } as const;

export const actionField = {
  type: 'string',
  description: '* or <service>:<action>, where the action may hold * and ?',
  pattern: '^(?:\\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$',
  examples: ['"iam:Create*"'],
} as const satisfies SchemaObject;

const actions = { ...actionField, type: ['string', 'array'], minItems: 1, items: actionField } as const;

const resources = {
  ...textOrTexts,
  description: 'one ARN or *, or a list of them, in quotes',
  items: { type: 'string', minLength: 1, pattern: POLICY_TEXT },
  examples: ['"*"'],
} as const;

const statementField = {
  type: 'object',
  additionalProperties: false,
  required: ['Effect'],
  properties: {
    // IAM refuses a document with two equal Sids; ours start with Breakglass.
    Sid: { type: 'string', description: 'letters and digits', pattern: '^[A-Za-z0-9]{1,64}$', examples: ['ReadLogs'] },
    Effect: { type: 'string', enum: ['Allow', 'Deny'], examples: ['Allow'] },
    Action: actions,
    NotAction: actions,
    Resource: resources,
    NotResource: resources,
    Condition: {
      type: 'object',
      description: 'operators, each with its keys and their values',
      minProperties: 1,
      propertyNames: {
        type: 'string',
        description: 'an IAM condition operator',
        pattern: '^(?:(?:ForAllValues|ForAnyValue):)?[A-Z][A-Za-z]+$',
        examples: ['StringEquals'],
      },
      additionalProperties: {
        type: 'object',
        minProperties: 1,
        propertyNames: {
          type: 'string',
          description: 'a condition key',
          pattern: '^[A-Za-z0-9-]+:[ -~]+$',
          examples: ['aws:RequestedRegion'],
        },
        additionalProperties: {
          type: ['string', 'array'],
          description: 'a value in quotes, or a list of them',
          minItems: 1,
          pattern: POLICY_TEXT,
          items: { type: 'string', pattern: POLICY_TEXT },
        },
      },
    },
  },
} as const satisfies SchemaObject;

export const rolesSchema = {
  $schema: DRAFT,
  title: 'Roles: what a grant gives',
  type: 'object',
  propertyNames: nameField,
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    required: ['description'],
    properties: {
      description: {
        type: 'string',
        description: 'a sentence that requester and approver are shown',
        minLength: 1,
        maxLength: 300,
        pattern: '^[^\\n\\r]*$',
        examples: ['Read everything, change nothing'],
      },
      managed_policies: {
        type: 'array',
        description: "ARNs of AWS's own policies",
        // Quota of Identity Center: 20 managed policies for a permission set.
        maxItems: 20,
        uniqueItems: true,
        items: {
          type: 'string',
          // botocore, sso-admin 2020-07-20, ManagedPolicyArn. A customer-managed policy could be changed meanwhile.
          description: 'the ARN of a policy that AWS manages; write the rights of your own policies as statements',
          pattern: '^arn:aws(?:-[a-z]{1,5}){0,3}:iam::aws:policy/(?:[A-Za-z0-9.,+@=_-]+/)*[A-Za-z0-9.,+=@_-]+$',
          maxLength: 2048,
          examples: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
        },
      },
      statements: { type: 'array', description: 'IAM statements', maxItems: 100, items: statementField },
      session: { ...durationField, description: 'how long one login lasts, 15m to 12h', examples: ['1h'] },
      guards: {
        type: 'array',
        description: 'names in guards.yaml; left out, it is [no-persistence]; [] drops every guard',
        uniqueItems: true,
        items: nameField,
        examples: ['[no-persistence]'],
      },
    },
  },
} as const satisfies SchemaObject;
