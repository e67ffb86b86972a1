// policies/tests/*.yaml to cases: what is asked for, by whom, under which facts, and the verdict that is expected.
import type { ViolationCode } from '../decision/violation.ts';
import { parseDuration } from '../grant/duration.ts';
import type { Problem } from '../result.ts';
import { type CaseFields, type EarlierFields, type PolicyTestFields, policyTestSchema } from '../schema/policy-test.ts';
import { checkShape } from '../yaml/check.ts';
import { parseStrictYaml, type Segment, type StrictYaml } from '../yaml/strict.ts';
import { LARGEST_POLICY_FILE } from './source.ts';

/** A grant that the requester already had. */
export type EarlierGrant = {
  readonly rule: string;
  readonly startedSecondsAgo: number;
  readonly seconds: number;
  readonly ended: boolean;
};

export type ExpectedApproval = { readonly count: number; readonly from: readonly string[] };

export type Expected =
  | { readonly kind: 'allowed'; readonly rule: string; readonly approvals: readonly ExpectedApproval[] }
  | { readonly kind: 'denied'; readonly codes: readonly ViolationCode[] };

export type PolicyTestCase = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly name: string;
  readonly requester: string;
  readonly teams: readonly string[];
  readonly unknown: readonly string[];
  readonly request: CaseFields['request'] & { readonly seconds: number };
  readonly extends: EarlierGrant | null;
  readonly earlier: readonly EarlierGrant[];
  readonly waitedSeconds: number;
  readonly expected: Expected;
};

export type PolicyTests = { readonly cases: readonly PolicyTestCase[]; readonly problems: readonly Problem[] };

/** Names are relative to `policies/`; whatever lies outside of `tests/` is passed over. */
export function parsePolicyTests(files: ReadonlyMap<string, Uint8Array>): PolicyTests {
  const problems: Problem[] = [];
  const cases = [...files]
    .filter(([name]) => /^tests\/.*\.(?:ya?ml|json)$/i.test(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, bytes]) => casesOf(`policies/${name}`, bytes, problems));
  return { cases, problems };
}

function casesOf(file: string, bytes: Uint8Array, problems: Problem[]): readonly PolicyTestCase[] {
  // A misspelt name would otherwise be a test that silently never runs.
  if (!/^policies\/tests\/[a-z0-9][a-z0-9-]*\.yaml$/.test(file)) {
    const message = `${file} is never run. Call it policies/tests/<name>.yaml, with lower-case letters, digits and "-".`;
    problems.push({ file, line: 0, column: 0, message });
    return [];
  }
  const yaml = parseStrictYaml(file, bytes, { maxBytes: LARGEST_POLICY_FILE });
  const shape = yaml.kind === 'ok' ? checkShape<PolicyTestFields>(file, yaml.value, policyTestSchema) : yaml;
  if (yaml.kind === 'invalid' || shape.kind === 'invalid') {
    problems.push(...(shape.kind === 'invalid' ? shape.problems : []));
    return [];
  }
  const reader = readerOf(file, yaml.value, problems);
  const seen = new Set<string>();
  return shape.value.cases.flatMap((fields, index) => {
    if (seen.has(fields.name)) reader.refuse(['cases', index, 'name'], 'The name stands here twice. Change one.');
    seen.add(fields.name);
    return caseOf(reader, index, fields) ?? [];
  });
}

type Reader = {
  readonly file: string;
  readonly yaml: StrictYaml;
  readonly refuse: (path: readonly Segment[], message: string) => void;
};

function readerOf(file: string, yaml: StrictYaml, problems: Problem[]): Reader {
  const refuse: Reader['refuse'] = (path, message) => void problems.push({ file, ...yaml.place(path), message });
  return { file, yaml, refuse };
}

function caseOf(reader: Reader, index: number, fields: CaseFields): PolicyTestCase | null {
  const path = ['cases', index];
  const expected = expectedOf(reader, [...path, 'expect'], fields.expect);
  const seconds = (at: readonly Segment[], text: string) => secondsOf(reader, [...path, ...at], text);
  const grantOf = (at: readonly Segment[], earlier: EarlierFields): EarlierGrant => ({
    rule: earlier.rule,
    startedSecondsAgo: seconds([...at, 'started'], earlier.started),
    seconds: seconds([...at, 'duration'], earlier.duration),
    ended: earlier.ended ?? false,
  });
  if (expected === null) return null;
  return {
    file: reader.file,
    ...reader.yaml.place([...path, 'name'], 'key'),
    name: fields.name,
    requester: fields.requester,
    teams: fields.teams ?? [],
    unknown: fields.unknown ?? [],
    request: { ...fields.request, seconds: seconds(['request', 'duration'], fields.request.duration) },
    extends: fields.extends === undefined ? null : grantOf(['extends'], fields.extends),
    earlier: (fields.earlier ?? []).map((one, at) => grantOf(['earlier', at], one)),
    waitedSeconds: fields.waited === undefined ? 0 : seconds(['waited'], fields.waited),
    expected,
  };
}

function expectedOf(reader: Reader, path: readonly Segment[], expect: CaseFields['expect']): Expected | null {
  const { allowed, approvals, denied } = expect;
  if (allowed !== undefined && approvals !== undefined && denied === undefined)
    return { kind: 'allowed', rule: allowed, approvals: approvals.map(({ count = 1, from }) => ({ count, from })) };
  if (allowed === undefined && approvals === undefined && denied !== undefined)
    return { kind: 'denied', codes: denied };
  reader.refuse(path, 'Expect either { allowed: <rule>, approvals: […] } or { denied: [<code>, …] }.');
  return null;
}

function secondsOf(reader: Reader, path: readonly Segment[], text: string): number {
  const seconds = parseDuration(text);
  if (seconds === null) reader.refuse(path, `${path.at(-1)} is longer than 31 days.`);
  return seconds ?? 0;
}
