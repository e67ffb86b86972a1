// One YAML document read strictly: what two readers could understand differently is refused, all problems at once.
import {
  Composer,
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
} from 'yaml';
import type { Parsed, Problem } from '../result.ts';
import { syntaxSentence } from './syntax-sentence.ts';
import { decodeText, MOST_PROBLEMS } from './text.ts';
import { plainValue, type Refuse } from './value.ts';

export type Place = { readonly line: number; readonly column: number };
export type Segment = string | number;

export type StrictYaml = {
  readonly value: unknown;
  /** Where a value stands; with `key`, where its key stands. The nearest parent's place when there is no such value. */
  readonly place: (path: readonly Segment[], what?: 'key' | 'value') => Place;
  /** A scalar as it is written, e.g. `012`; null for anything else. */
  readonly written: (path: readonly Segment[]) => string | null;
};

export function parseStrictYaml(
  file: string,
  bytes: Uint8Array,
  limits: { readonly maxBytes: number },
): Parsed<StrictYaml> {
  const decoded = decodeText(file, bytes, limits.maxBytes);
  if (decoded.kind === 'refused') return { kind: 'invalid', problems: decoded.problems };
  const { text } = decoded;
  const lines = new LineCounter();
  const found: { readonly offset: number; readonly message: string }[] = [];
  const refuse: Refuse = (offset, message) => void found.push({ offset, message });
  const document = compose(text, lines, refuse);
  const contents = document?.contents ?? null;
  for (const error of document?.errors ?? []) refuse(error.pos[0], syntaxSentence(error));
  const value = contents === null ? null : plainValue(contents, refuse);
  if (found.length === 0 && value === null) refuse(0, 'The file is empty.');
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [first, ...rest] = inOrder(found).map(
    ({ offset, message }): Problem => ({ file, ...placeOf(offset), message }),
  );
  if (first !== undefined) return { kind: 'invalid', problems: [first, ...rest] };
  return {
    kind: 'ok',
    value: {
      value,
      place: (path, what = 'value') => placeOf(offsetOf(contents, path, what)),
      written: (path) => writtenAt(contents, path),
    },
  };
}

/** The one document, composed by the YAML 1.2 core schema; directives and further documents are refused. */
function compose(text: string, lines: LineCounter, refuse: Refuse): Document.Parsed | null {
  // uniqueKeys compares every key with every other: 28 s for 50,000 accounts. plainValue() does it with a set.
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: 'silent', merge: false });
  let only: Document.Parsed | null = null;
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    if (token.type === 'directive') {
      refuse(token.offset, 'YAML directives (lines that start with %) are not allowed. Remove the line.');
      continue;
    }
    for (const document of composer.next(token)) {
      if (only === null) only = document;
      else return severalDocuments(document, only, refuse);
    }
  }
  for (const document of composer.end()) {
    if (only === null) only = document;
    else return severalDocuments(document, only, refuse);
  }
  return only;
}

function severalDocuments(second: Document.Parsed, first: Document.Parsed, refuse: Refuse): Document.Parsed {
  refuse(second.range[0], 'There is more than one document in the file. Keep one and remove the `---` between them.');
  return first;
}

function inOrder<T extends { readonly offset: number; readonly message: string }>(found: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return found
    .toSorted((a, b) => a.offset - b.offset)
    .filter(({ offset, message }) => {
      const key = `${offset} ${message}`;
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, MOST_PROBLEMS);
}

function offsetOf(contents: ParsedNode | null, path: readonly Segment[], what: 'key' | 'value'): number {
  let node: unknown = contents;
  let offset = contents?.range[0] ?? 0;
  for (const [index, segment] of path.entries()) {
    const next = child(node, segment);
    if (next === null) return offset;
    node = next.value;
    const wanted = what === 'key' && index === path.length - 1 ? (next.key ?? next.value) : (next.value ?? next.key);
    if (isNode(wanted) && wanted.range) offset = wanted.range[0];
  }
  return offset;
}

function writtenAt(contents: ParsedNode | null, path: readonly Segment[]): string | null {
  let node: unknown = contents;
  for (const segment of path) node = child(node, segment)?.value;
  return isScalar(node) ? (node.source ?? '') : null;
}

function child(node: unknown, segment: Segment): { readonly key: unknown; readonly value: unknown } | null {
  if (isMap(node) && typeof segment === 'string') {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === segment);
    return isPair(pair) ? { key: pair.key, value: pair.value } : null;
  }
  if (isSeq(node) && typeof segment === 'number') {
    const item = node.items[segment];
    return item === undefined ? null : { key: null, value: item };
  }
  return null;
}
