// Finds the one command of a comment: a whole line of plain text, outside code, quotes, headings, links and HTML.
import type { Paragraph, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';

export type Command =
  | { readonly kind: 'approve'; readonly sha: string | null }
  | { readonly kind: 'reject' }
  | { readonly kind: 'revoke' };

export type CommandRead =
  | { readonly kind: 'none' }
  | { readonly kind: 'command'; readonly command: Command }
  /** Looks like a command but is not one, with the reason: people must be told, not left waiting. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** GitHub takes 65,536 characters, but reading hostile Markdown of that length takes seconds, at every look. */
const LONGEST = 16_384;
const WORDS = /(^|[^\w/])\/(approve-emergency|reject|revoke)\b/i;

export function readCommand(body: string): CommandRead {
  if (body.length > LONGEST && COMMAND_LINE.test(body))
    return { kind: 'unusable', reason: 'the comment is too long; write the command in a short one of its own' };
  if (body.length > LONGEST) return { kind: 'none' };
  const mentioned = WORDS.test(body);
  if (!mentioned) return { kind: 'none' };
  const found = commandLines(body).map(parseLine);
  const [first, second] = found;
  if (second !== undefined)
    return { kind: 'unusable', reason: 'it has more than one command; write one command in one comment' };
  if (first !== undefined) return first;
  return hint(body);
}

/** Lines that begin with "/" and stand wholly as plain text in a top-level paragraph. */
function commandLines(body: string): readonly string[] {
  // Positions do not count a byte order mark.
  const text = body.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  if (!COMMAND_LINE.test(text) || NESTED_DEEP.test(text)) return [];
  if (NO_MARKDOWN.test(text)) return [text];
  const nodes = fromMarkdown(text).children;
  const opened = nodes.findIndex(opensMore);
  return (opened < 0 ? nodes : nodes.slice(0, opened))
    .filter((node): node is Paragraph => node.type === 'paragraph')
    .flatMap((paragraph) => plainLines(paragraph, text))
    .filter((line) => COMMAND_LINE.test(line));
}

const COMMAND_LINE = /^ {0,3}\/(approve-emergency|reject|revoke)(?![\w-])/m;
/** As nearly every command is written: no character of it means anything in Markdown, and a pass reads them all again. */
const NO_MARKDOWN = /^\/[a-z-]+(?: [0-9a-f]+)?$/;
/** Quotes in quotes in quotes cost the Markdown parser quadratic time: half a minute for one comment, for everybody. */
const NESTED_DEEP = /^[ \t]*(?:(?:[>*+-]|\d{1,9}[.)])[ \t]*){50}/m;

/** `<details>`, `<blockquote>`: an element stays open past its block. A footnote looks like a definition. */
function opensMore(node: RootContent): boolean {
  return node.type === 'html' || (node.type === 'definition' && node.identifier.startsWith('^'));
}

/** What GitHub's Markdown knows and CommonMark does not: struck-out text, rows of a table, footnotes. */
const MORE_THAN_TEXT = /~|^ {0,3}[|:-][ \t|:-]*$|^\[\^/m;

/** The paragraph's source with every node that is not text blotted out, so that half a line of code never reads as text. */
function plainLines(paragraph: Paragraph, text: string): readonly string[] {
  const start = paragraph.position?.start.offset ?? 0;
  const end = paragraph.position?.end.offset ?? 0;
  let source = text.slice(start, end);
  if (MORE_THAN_TEXT.test(source) || paragraph.children.some((child) => child.type === 'html')) return [];
  for (const child of paragraph.children) {
    if (child.type === 'text' || child.type === 'break') continue;
    const from = (child.position?.start.offset ?? start) - start;
    const to = (child.position?.end.offset ?? end) - start;
    source = source.slice(0, from) + '\u0000'.repeat(to - from) + source.slice(to);
  }
  return source.split('\n').map((line) => withoutTrailingBlanks(line).replace(/^ {0,3}/, ''));
}

/** By hand: `/[ \t]+$/` takes quadratic time on a long run of blanks that something follows. */
function withoutTrailingBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line.slice(0, end);
}

const APPROVE = /^\/approve-emergency(?: +([0-9a-f]{40}|[0-9a-f]{64}))?$/;

function parseLine(line: string): CommandRead {
  const approve = APPROVE.exec(line);
  if (approve !== null) return { kind: 'command', command: { kind: 'approve', sha: approve[1] ?? null } };
  if (line === '/reject') return { kind: 'command', command: { kind: 'reject' } };
  if (line === '/revoke') return { kind: 'command', command: { kind: 'revoke' } };
  if (line.startsWith('/approve-emergency'))
    return { kind: 'unusable', reason: 'after /approve-emergency only the full commit id (40 characters) may stand' };
  return { kind: 'unusable', reason: 'nothing may stand after the command on its line' };
}

/** Said only when a line looks meant as a command: a sentence about commands is nobody's order. */
function hint(body: string): CommandRead {
  const meant = /^[ \t>#*+`~-]*(?:<[^<>\n]{1,40}>)?\/(approve-emergency|reject|revoke)\b/im.test(body);
  if (!meant) return { kind: 'none' };
  return {
    kind: 'unusable',
    reason:
      'the command must stand on a line of its own as plain text: no code, quote, heading, list, link or HTML around it, lower case',
  };
}
