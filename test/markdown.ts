// Reads the repository's documents as a reader and a machine would: fenced blocks, links, tables, code words.
import { readdirSync, readFileSync } from 'node:fs';

export const root = new URL('../', import.meta.url);

export const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'grants/README.md',
  'policies/README.md',
  '.github/PULL_REQUEST_TEMPLATE.md',
  '.github/PULL_REQUEST_TEMPLATE/grant.md',
] as const;

export function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** The TypeScript files below a folder. */
export function sources(folder: string): readonly string[] {
  const names = readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name}`);
}

export type Block = { readonly language: string; readonly text: string };

export function blocks(document: string): readonly Block[] {
  const found = read(document).matchAll(/^```([a-z]*)\n([\s\S]*?)^```$/gm);
  return [...found].map(([, language = '', text = '']) => ({ language, text }));
}

/** Rows of the table whose header starts with this cell, as cells. */
export function table(document: string, header: string): readonly (readonly string[])[] {
  const lines = read(document).split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${header} |`));
  if (start < 0) throw new Error(`${document} has no table "${header}"`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? rows.length : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The words of a text that stand as `code`. */
export function codeWords(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, word]) => (word === undefined ? [] : [word]));
}

export type Link = { readonly path: string; readonly anchor: string };

/** Links that stay inside the repository. */
export function links(document: string): readonly Link[] {
  const prose = read(document).replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor = ''] = target.split('#');
    return [
      { path: path === '' ? document : new URL(path, new URL(document, root)).href.slice(root.href.length), anchor },
    ];
  });
}

/** As GitHub makes them of headings. */
export function anchors(document: string): readonly string[] {
  return [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
