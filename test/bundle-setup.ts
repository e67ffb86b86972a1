// Once before the first test: see sandbox/bundle.ts.
export { bundlePrograms as default } from './sandbox/bundle.ts';
