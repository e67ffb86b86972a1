// What Pulumi loads for others is left out of a child's start, and is there all the same for whoever asks.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CHILD = fileURLToPath(new URL('../../app/engine/lazy-arborist.ts', import.meta.url));

function inChild(script: string): unknown {
  const code = `
    await import(${JSON.stringify(CHILD)});
    const { createRequire } = await import('node:module');
    const require = createRequire(${JSON.stringify(CHILD)});
    const loaded = (name) => Object.keys(require.cache).some((file) => file.includes(\`/node_modules/\${name}/\`));
    await import('@pulumi/pulumi');
    const answer = await (async () => { ${script} })();
    console.log(JSON.stringify(answer));
    process.exit(0);`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', code];
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', cwd }));
}

test('it is not loaded with Pulumi', () => {
  expect(inChild(`return ['pacote', 'spdx-correct', '@pulumi/pulumi'].map(loaded);`)).toEqual([false, false, true]);
});

test('who asks for it gets the real thing', () => {
  const script = `
    const ofPulumi = createRequire(require.resolve('@pulumi/pulumi'));
    const { Arborist } = ofPulumi('@npmcli/arborist');
    const normalize = ofPulumi('normalize-package-data').default;
    const data = { name: 'x', version: '1.0.0' };
    normalize(data);
    return [typeof new Arborist({ path: '/tmp' }).loadActual, data._id, ofPulumi('@npmcli/arborist').Node !== undefined];`;
  expect(inChild(script)).toEqual(['function', 'x@1.0.0', true]);
});
