// The JSON Schemas as files for editors: policies/schemas/<name>.schema.json.
import type { SchemaObject } from 'ajv';
import { accountsSchema } from './accounts.ts';
import { grantSchema } from './grant.ts';
import { guardsSchema } from './guards.ts';
import { keysSchema } from './keys.ts';
import { peopleSchema } from './people.ts';
import { policyTestSchema } from './policy-test.ts';
import { rolesSchema } from './roles.ts';
import { rulesSchema } from './rules.ts';
import { settingsSchema } from './settings.ts';

/** File name → contents. */
export function publishedSchemas(): ReadonlyMap<string, string> {
  const schemas: Readonly<Record<string, SchemaObject>> = {
    accounts: accountsSchema,
    grant: grantSchema,
    guards: guardsSchema,
    keys: keysSchema,
    people: peopleSchema,
    'policy-test': policyTestSchema,
    roles: rolesSchema,
    rules: rulesSchema,
    settings: settingsSchema,
  };
  return new Map(
    Object.entries(schemas).map(([name, schema]) => [`${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`]),
  );
}
