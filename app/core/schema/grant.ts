// The shape of grants/<id>.yaml.
import type { SchemaObject } from 'ajv';
import { DRAFT, durationField, loginField, nameField } from './field.ts';

export type GrantFields = {
  readonly requester: string;
  readonly account: string;
  readonly role: string;
  readonly duration: string;
  readonly reason: string;
  readonly incident?: string;
};

export const grantSchema = {
  $schema: DRAFT,
  title: 'A grant: one person, one role, one account, one duration, one reason',
  type: 'object',
  additionalProperties: false,
  required: ['requester', 'account', 'role', 'duration', 'reason'],
  properties: {
    requester: { ...loginField, description: 'the GitHub login of who opens the pull request, without @' },
    account: { ...nameField, description: 'a name in policies/accounts.yaml', examples: ['prod-payments'] },
    role: { ...nameField, description: 'a name in policies/roles.yaml', examples: ['admin'] },
    duration: durationField,
    reason: {
      type: 'string',
      description: 'why the access is needed, on one line of at most 500 characters',
      minLength: 1,
      maxLength: 500,
      pattern: '^\\S(?:[^\\n\\r]*\\S)?$',
      examples: ['Primary database refuses connections'],
    },
    incident: {
      type: 'string',
      description: 'the number of the incident: letters, digits and . _ / # -',
      pattern: '^[A-Za-z0-9][A-Za-z0-9._/#-]{0,63}$',
      examples: ['INC-1234'],
    },
  },
} as const satisfies SchemaObject;
