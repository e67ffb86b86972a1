// Where in the files of a policy a value stands, for findings about a policy that has been parsed already.
import { parseStrictYaml, type StrictYaml } from '../yaml/strict.ts';
import type { PlaceOf } from './lint-finding.ts';
import { LARGEST_POLICY_FILE } from './source.ts';

/** Each file is read at the first finding in it: most policies have few. */
export function placesIn(files: ReadonlyMap<string, Uint8Array>): PlaceOf {
  const read = new Map<string, StrictYaml | null>();
  return (file, path) => {
    if (!read.has(file)) read.set(file, yamlOf(files, file));
    return read.get(file)?.place(path, 'key') ?? { line: 0, column: 0 };
  };
}

function yamlOf(files: ReadonlyMap<string, Uint8Array>, file: string): StrictYaml | null {
  const bytes = files.get(file);
  if (bytes === undefined) return null;
  const yaml = parseStrictYaml(file, bytes, { maxBytes: LARGEST_POLICY_FILE });
  return yaml.kind === 'ok' ? yaml.value : null;
}
