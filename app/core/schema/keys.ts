// The shape of policies/keys.yaml.
import type { SchemaObject } from 'ajv';
import { DRAFT, nameField } from './field.ts';

export type KeyFields = {
  readonly id: string;
  readonly key: string;
  readonly first: number;
  readonly last?: number;
};

const position = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;

export const keysSchema = {
  $schema: DRAFT,
  title: 'Public keys by which authorizations are checked',
  type: 'array',
  minItems: 1,
  maxItems: 1000,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'key', 'first'],
    properties: {
      id: { ...nameField, examples: ['2026-11'] },
      key: {
        type: 'string',
        description: 'a raw Ed25519 public key, 32 bytes in base64 (44 characters)',
        pattern: '^[A-Za-z0-9+/]{43}=$',
      },
      first: {
        ...position,
        description: 'the first ledger position in which it may sign; 0 is the genesis commit',
        examples: [0],
      },
      last: { ...position, description: 'the last one; leave the key out while it is in use' },
    },
  },
} as const satisfies SchemaObject;
