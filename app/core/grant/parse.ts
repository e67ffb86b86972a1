// The one parser of grant files: whoever asks (check, merge, engine, audit) gets the same answer.
import type { Parsed, Problem } from '../result.ts';
import { type GrantFields, grantSchema } from '../schema/grant.ts';
import { checkShape } from '../yaml/check.ts';
import { parseStrictYaml } from '../yaml/strict.ts';
import { parseDuration } from './duration.ts';
import type { Grant } from './grant.ts';

export const LARGEST_GRANT = 16 * 1024;

/** The id that a path of the repository names; null for every path that is not exactly `grants/<id>.yaml`. */
export function grantIdOfPath(path: string): string | null {
  return /^grants\/([a-z0-9][a-z0-9-]{2,62})\.yaml$/.exec(path)?.[1] ?? null;
}

/** Says nothing about policy: names are looked up when the grant is judged. */
export function parseGrant(path: string, bytes: Uint8Array): Parsed<Grant> {
  const id = grantIdOfPath(path);
  const pathProblem: readonly Problem[] =
    id === null ? [{ file: path, line: 0, column: 0, message: PATH_SENTENCE }] : [];
  const yaml = parseStrictYaml(path, bytes, { maxBytes: LARGEST_GRANT });
  if (yaml.kind === 'invalid') return invalid([...pathProblem, ...yaml.problems]);
  const shape = checkShape<GrantFields>(path, yaml.value, grantSchema);
  if (shape.kind === 'invalid') return invalid([...pathProblem, ...shape.problems]);
  const fields = shape.value;
  const seconds = parseDuration(fields.duration);
  if (id !== null && seconds !== null) return { kind: 'ok', value: { id, ...fields, seconds } };
  const tooLong = { file: path, ...yaml.value.place(['duration']), message: 'duration is longer than 31 days.' };
  return invalid(seconds === null ? [...pathProblem, tooLong] : pathProblem);
}

const PATH_SENTENCE =
  'A grant is a file grants/<id>.yaml. The id has 3 to 63 lower-case letters, digits and hyphens and does not start with a hyphen.';

function invalid(problems: readonly Problem[]): Parsed<never> {
  const [first, ...rest] = problems;
  if (first === undefined) throw new Error('A grant was refused without a reason');
  return { kind: 'invalid', problems: [first, ...rest] };
}
