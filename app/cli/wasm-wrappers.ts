// Keeps V8 from a defect of its own that ends the process with "Check failed: jit_page.has_value()".
import { setFlagsFromString } from 'node:v8';

/**
 * Node's `fetch` reads HTTP with a small WebAssembly program. Once that has called back a thousand times, V8 compiles those
 * calls anew and gives back the code that was shared till then; now and then it then misses it in its own books and aborts
 * (seen in Node 24.21, in Runtime_TierUpWasmToJSWrapper; https://github.com/nodejs/node/issues/64500 is of the same kind).
 * Uncompiled, such a call costs some nanoseconds more. To be set before the first `fetch`.
 */
export const UNCOMPILED_WRAPPERS = '--wasm-wrapper-tiering-budget=2147483647';

export function keepWasmWrappers(): void {
  setFlagsFromString(UNCOMPILED_WRAPPERS);
}
