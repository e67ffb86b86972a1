// The shape of policies/people.yaml.
import type { SchemaObject } from 'ajv';
import { DRAFT, githubIdField, loginField } from './field.ts';

export type PersonFields = {
  readonly github: string;
  readonly id: number;
  readonly aws?: string;
  readonly name?: string;
};

export const peopleSchema = {
  $schema: DRAFT,
  title: 'People: who they are at GitHub and in IAM Identity Center',
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['github', 'id'],
    properties: {
      github: loginField,
      id: {
        ...githubIdField,
        description: "GitHub's numeric id, which nobody else can get: https://api.github.com/users/<login> shows it",
        examples: [583231],
      },
      // botocore, identitystore 2020-06-15, ResourceId.
      aws: {
        type: 'string',
        description: 'the Identity Center UserId; leave the key out for somebody who only approves',
        pattern: '^(?:[0-9a-f]{10}-)?[A-Fa-f0-9]{8}(?:-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}$',
        examples: ['906712abcd-1b2c3d4e-5f60-4718-9abc-def012345678'],
      },
      name: { type: 'string', description: 'a name for people to read', minLength: 1, maxLength: 100 },
    },
  },
} as const satisfies SchemaObject;
