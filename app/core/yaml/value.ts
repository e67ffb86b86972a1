// A composed YAML node to a plain value; anchors, aliases, tags, twin keys and ambiguous scalars are refused on the way.
import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from 'yaml';
import { hiddenCharacter } from './text.ts';

export type Refuse = (offset: number, message: string) => void;

/** Deeper than any policy needs; a million brackets must not end in a stack overflow. */
const DEEPEST = 32;

export function plainValue(node: ParsedNode, refuse: Refuse): unknown {
  return convert(node, refuse, 0);
}

function convert(node: unknown, refuse: Refuse, depth: number): unknown {
  if (isAlias(node)) {
    refuse(start(node), `Aliases (*${node.source}) are not allowed. Write the value out, or put text in quotes.`);
    return null;
  }
  if (depth > DEEPEST) {
    refuse(start(node), `Values are nested more than ${DEEPEST} levels deep.`);
    return null;
  }
  if (isScalar(node)) return scalar(node, refuse);
  if (isSeq(node)) {
    refuseProperties(node, refuse);
    return node.items.map((item) => convert(item, refuse, depth + 1));
  }
  if (isMap(node)) {
    refuseProperties(node, refuse);
    return mapping(node, refuse, depth);
  }
  return null;
}

function mapping(node: YAMLMap, refuse: Refuse, depth: number): unknown {
  const entries = new Map<string, unknown>();
  for (const { key, value } of node.items) {
    const name = keyName(key, start(node), refuse);
    const plain = convert(value, refuse, depth + 1);
    if (name === null) continue;
    if (entries.has(name)) refuse(start(key), `The key ${JSON.stringify(name)} stands here twice. Keep one of them.`);
    entries.set(name, plain);
  }
  // fromEntries makes own properties, so that a key `__proto__` is a key like any other and gets refused by name.
  return Object.fromEntries(entries);
}

function keyName(key: unknown, otherwise: number, refuse: Refuse): string | null {
  if (!isScalar(key)) {
    const offset = start(key) || otherwise;
    refuse(offset, isAlias(key) ? 'Aliases are not allowed as keys.' : 'A key must be text, not a list or a mapping.');
    return null;
  }
  refuseProperties(key, refuse);
  if (key.value === '<<') {
    refuse(start(key), 'Merge keys (<<) are not allowed. Write the keys out.');
    return null;
  }
  if (typeof key.value !== 'string') {
    refuse(start(key), `A key must be text. Write it in quotes: "${key.source ?? ''}".`);
    return null;
  }
  refuseHidden(key.value, start(key), refuse);
  return key.value;
}

function scalar(node: Scalar, refuse: Refuse): unknown {
  refuseProperties(node, refuse);
  const { value } = node;
  if (typeof value === 'string') refuseHidden(value, start(node), refuse);
  // 012, 0x10, 1e3, .inf and 20 digits: one reader's number is another's text, or loses digits without a word. The
  // value stays a number here, so that a field which wants text says so in its own words.
  if (typeof value === 'number' && String(value) !== node.source) {
    refuse(start(node), `${node.source} can be read in two ways. Write it in quotes if it is text: "${node.source}".`);
  }
  return value;
}

function refuseHidden(text: string, offset: number, refuse: Refuse): void {
  const hidden = hiddenCharacter(text);
  if (hidden !== null) refuse(offset, `There is the character ${hidden}, which cannot be seen. Remove it.`);
}

function refuseProperties(node: { anchor?: string; tag?: string; range?: unknown }, refuse: Refuse): void {
  if (node.anchor !== undefined) {
    refuse(start(node), `Anchors (&${node.anchor}) are not allowed. Remove it, or put text in quotes.`);
  }
  if (node.tag !== undefined)
    refuse(start(node), `Tags (${node.tag}) are not allowed. Remove it, or put text in quotes.`);
}

function start(node: unknown): number {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return 0;
  return typeof node.range[0] === 'number' ? node.range[0] : 0;
}
