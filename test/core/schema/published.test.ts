// The schemas beside the examples are those that the parser uses. `UPDATE_SCHEMAS=1` writes them anew.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { publishedSchemas } from '../../../app/core/schema/published.ts';

const folder = new URL('../../../policies/schemas/', import.meta.url);

test('policies/schemas is up to date', () => {
  const schemas = publishedSchemas();
  if (process.env.UPDATE_SCHEMAS === '1') {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of schemas) writeFileSync(new URL(name, folder), text);
  }
  expect(readdirSync(folder).sort()).toEqual([...schemas.keys()].sort());
  for (const [name, text] of schemas) expect(readFileSync(new URL(name, folder), 'utf8'), name).toBe(text);
});

test('each of them is a schema', () => {
  for (const [name, text] of publishedSchemas()) {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true });
    expect(ajv.validateSchema(JSON.parse(text)), `${name}: ${ajv.errorsText()}`).toBe(true);
  }
});
