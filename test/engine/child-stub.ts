// The engine's child with a stub in the place of the ledger: the grant comes from a file that the test writes.
import '../../app/engine/lazy-arborist.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serveChild } from '../../app/engine/child-server.ts';
import { grantProgram } from '../../pulumi/index.ts';
import { inlinePolicy } from '../../pulumi/statements.ts';

serveChild({
  authorize: async (source, grantId) => {
    const text = readFileSync(join(source.mirror, `${grantId}.json`), 'utf8');
    return JSON.parse(text);
  },
  program: grantProgram,
  inlinePolicy,
});
