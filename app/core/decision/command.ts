// Finds the one command of a comment: a whole line of plain text, outside code, quotes, headings, links and HTML.
import type { Paragraph } from 'mdast';
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

/** GitHub's own limit is 65,536 characters; nothing longer is read. */
const LONGEST = 65_536;
const WORDS = /(^|[^\w/])\/(approve-emergency|reject|revoke)\b/i;

export function readCommand(body: string): CommandRead {
  if (body.length > LONGEST) return { kind: 'none' };
  const mentioned = WORDS.test(body);
  if (!mentioned) return { kind: 'none' };
  const found = commandLines(body).map(parseLine);
  const [first, second] = found;
  if (second !== undefined) return { kind: 'unusable', reason: 'it has more than one command; write one command in one comment' };
  if (first !== undefined) return first;
  return hint(body);
}

/** Lines that begin with "/" and stand wholly as plain text in a top-level paragraph. */
function commandLines(body: string): readonly string[] {
  const text = body.replace(/\r\n?/g, '\n');
  return fromMarkdown(text)
    .children.filter((node): node is Paragraph => node.type === 'paragraph')
    .flatMap((paragraph) => plainLines(paragraph, text))
    .filter((line) => /^\/(approve-emergency|reject|revoke)(?![\w-])/.test(line));
}

/** The paragraph's source with every node that is not text blotted out, so that half a line of code never reads as text. */
function plainLines(paragraph: Paragraph, text: string): readonly string[] {
  const start = paragraph.position?.start.offset ?? 0;
  const end = paragraph.position?.end.offset ?? 0;
  let source = text.slice(start, end);
  for (const child of paragraph.children) {
    if (child.type === 'text' || child.type === 'break') continue;
    const from = (child.position?.start.offset ?? start) - start;
    const to = (child.position?.end.offset ?? end) - start;
    source = source.slice(0, from) + '\u0000'.repeat(to - from) + source.slice(to);
  }
  return source.split('\n').map((line) => line.replace(/[ \t]+$/, '').replace(/^ {0,3}/, ''));
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
  const meant = /^[\s>#*+`-]*\/(approve-emergency|reject|revoke)\b/im.test(body);
  if (!meant) return { kind: 'none' };
  return {
    kind: 'unusable',
    reason: 'the command must stand on a line of its own as plain text: no code, quote, heading, list, link or HTML around it, lower case',
  };
}
