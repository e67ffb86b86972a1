// The process of one operation: it trusts nobody's word, reads and verifies the grant itself, and runs Pulumi.
import './lazy-arborist.ts';
import { grantProgram } from '../../pulumi/index.ts';
import { inlinePolicy } from '../../pulumi/statements.ts';
import { authorizedGrant } from '../git/authorized.ts';
import { serveChild } from './child-server.ts';

serveChild({ authorize: authorizedGrant, program: grantProgram, inlinePolicy });
