// The shape of policies/settings.yaml.
import type { SchemaObject } from 'ajv';
import { type ApprovalFields, approvalField, DRAFT, githubIdField, selectorField } from './field.ts';

export type SettingsFields = {
  readonly owners: ApprovalFields;
  readonly revokers?: readonly string[];
  readonly teams?: Readonly<Record<string, number | { readonly id: number; readonly children?: boolean }>>;
  readonly max_removals?: number;
  readonly release_removals?: readonly string[];
  readonly alarm_issue?: string;
  readonly identity_center: {
    readonly instance_arn: string;
    readonly identity_store_id: string;
    readonly region: string;
    readonly portal_url: string;
  };
};

const identityCenterField = {
  type: 'object',
  additionalProperties: false,
  required: ['instance_arn', 'identity_store_id', 'region', 'portal_url'],
  properties: {
    // botocore, sso-admin 2020-07-20, InstanceArn; identitystore 2020-06-15, IdentityStoreId.
    instance_arn: {
      type: 'string',
      description: 'the ARN of the Identity Center instance',
      pattern: '^arn:aws(?:-[a-z]{1,5}){0,3}:sso:::instance/(?:sso)?ins-[a-zA-Z0-9.-]{16}$',
      examples: ['arn:aws:sso:::instance/ssoins-7223aabbccddeeff'],
    },
    identity_store_id: {
      type: 'string',
      description: 'the id of the identity store',
      pattern: '^(?:d-[0-9a-f]{10}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$',
      examples: ['d-906712abcd'],
    },
    region: {
      type: 'string',
      description: 'the home region of the instance',
      pattern: '^[a-z]{2,3}(?:-[a-z]+){1,3}-[0-9]{1,2}$',
      examples: ['us-east-1'],
    },
    portal_url: {
      type: 'string',
      description: 'the address of the access portal',
      // Shown as a link in comments: nothing that Markdown could read as more than an address.
      pattern: '^https://[a-z0-9.-]+(?:/[A-Za-z0-9._~/-]*)?$',
      maxLength: 200,
      examples: ['https://d-906712abcd.awsapps.com/start'],
    },
  },
} as const satisfies SchemaObject;

/** A number, or a mapping with it; what is said of numbers binds numbers only, and so on. */
const teamField = {
  type: ['integer', 'object'],
  description: 'the numeric id of the team, alone or with whether members of its child teams count',
  minimum: githubIdField.minimum,
  maximum: githubIdField.maximum,
  additionalProperties: false,
  required: ['id'],
  properties: {
    id: { ...githubIdField, description: 'the numeric id of the team', examples: [4100001] },
    children: {
      type: 'boolean',
      description: 'whether members of child teams count as members of this one; they do unless it says false',
      examples: [false],
    },
  },
  examples: [4100001, '{ id: 4100001, children: false }'],
} as const satisfies SchemaObject;

export const settingsSchema = {
  $schema: DRAFT,
  title: 'Settings of the access repository',
  type: 'object',
  additionalProperties: false,
  required: ['owners', 'identity_center'],
  properties: {
    owners: {
      ...approvalField,
      description: 'who approves changes to anything but grants/, and how many of them (2 unless it says otherwise)',
      examples: ['{ count: 2, from: [user:octocat, user:hubot-boss] }'],
    },
    revokers: {
      type: 'array',
      description: 'who may end any grant early',
      uniqueItems: true,
      items: selectorField,
    },
    teams: {
      type: 'object',
      description: 'teams by their slug, with the numeric id: a slug can be made again by others, an id cannot',
      maxProperties: 100,
      propertyNames: {
        type: 'string',
        description: 'the slug of a team, in lower case',
        pattern: '^[a-z0-9][a-z0-9_-]{0,99}$',
        examples: ['sre'],
      },
      additionalProperties: teamField,
    },
    max_removals: {
      type: 'integer',
      description: 'how much access that nothing explains the app may take away in 24 hours; the rest freezes',
      minimum: 1,
      maximum: 1000,
    },
    release_removals: {
      type: 'array',
      description: 'permission sets whose frozen removal the owners release',
      uniqueItems: true,
      items: {
        type: 'string',
        description: 'the name of a permission set, as the alarm names it',
        // botocore, sso-admin 2020-07-20, PermissionSetName.
        pattern: '^[A-Za-z0-9_+=,.@-]{1,32}$',
        examples: ['bg-admin-abcdefghijklmnop'],
      },
    },
    alarm_issue: {
      type: 'string',
      description: 'the title of the issue that carries the alarms',
      minLength: 1,
      maxLength: 200,
      pattern: '^[^\\n\\r]*$',
    },
    identity_center: identityCenterField,
  },
} as const satisfies SchemaObject;
