// The shape of policies/accounts.yaml.
import type { SchemaObject } from 'ajv';
import { DRAFT, nameField } from './field.ts';

export type AccountFields = {
  readonly id: string;
  readonly labels?: readonly string[];
  readonly warning?: string;
  readonly control_plane?: boolean;
};

export const accountsSchema = {
  $schema: DRAFT,
  title: 'AWS accounts by name',
  type: 'object',
  propertyNames: nameField,
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    required: ['id'],
    properties: {
      id: {
        type: 'string',
        description: 'the twelve digits of the account, in quotes',
        pattern: '^[0-9]{12}$',
        examples: ['"111122223333"'],
      },
      labels: {
        type: 'array',
        description: 'words that rules refer to as label:<word>',
        uniqueItems: true,
        items: nameField,
        examples: ['[prod]'],
      },
      warning: {
        type: 'string',
        description: 'a sentence that requester and approver are shown',
        minLength: 1,
        maxLength: 300,
        pattern: '^[^\\n\\r]*$',
      },
      control_plane: {
        type: 'boolean',
        description: 'true for the management account and delegated administrators: no grant reaches them',
      },
    },
  },
} as const satisfies SchemaObject;
