// The shape of policies/guards.yaml.
import type { SchemaObject } from 'ajv';
import { DRAFT, nameField } from './field.ts';
import { actionField } from './roles.ts';

export type GuardFields = readonly [string, ...string[]];

export const guardsSchema = {
  $schema: DRAFT,
  title: 'Guards: named lists of actions that a grant denies',
  type: 'object',
  propertyNames: nameField,
  additionalProperties: {
    type: 'array',
    description: 'a list of actions to deny',
    minItems: 1,
    maxItems: 300,
    uniqueItems: true,
    items: actionField,
  },
} as const satisfies SchemaObject;
