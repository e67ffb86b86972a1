#!/usr/bin/env node
// The `breakglass` command: looks at Node's version before anything that an old Node could not read is loaded.
import { refuseOldNode } from './node-version.ts';

const refused = refuseOldNode(process.version);
if (refused !== null) {
  console.error(refused);
  process.exit(2);
}
const { keepWasmWrappers } = await import('./wasm-wrappers.ts');
keepWasmWrappers();
const { main } = await import('./program.ts');
await main(process.argv);
