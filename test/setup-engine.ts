// Makes the Pulumi engine available before the demo or the tests begin, and says what it does meanwhile.
import { findPulumi } from '../app/engine/pulumi-cli.ts';

const WHERE = { path: 'on PATH', cache: 'cached', download: 'downloaded', build: 'built with Go' };

try {
  const { version, source } = await findPulumi({ onProgress: say });
  say(`Ready: Node ${process.versions.node}, Pulumi engine ${version} (${WHERE[source]}).`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
