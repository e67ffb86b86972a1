// The app's Markdown as a terminal shows it: no HTML, tables aligned, lines wrapped.
export type Line = { readonly text: string; readonly bold: boolean };

/** As GitHub shows it at first sight: details folded, links by their text. */
export function readable(markdown: string, width: number): readonly Line[] {
  const plain = markdown
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<details><summary>([\s\S]*?)<\/summary>[\s\S]*?<\/details>/g, '▸ $1')
    .trim();
  const lines: Line[] = [];
  let fenced = false;
  for (const block of withTables(plain.split('\n'))) {
    if (block.startsWith('```')) {
      fenced = !fenced;
      continue;
    }
    const bold = !fenced && /^(#{1,6} |\*\*)/.test(block);
    const shown = fenced ? `    ${block}` : inline(block);
    for (const text of wrap(shown, width)) if (text !== '' || lines.at(-1)?.text !== '') lines.push({ text, bold });
  }
  return lines;
}

function inline(line: string): string {
  return line
    .replace(/^#{1,6} /, '')
    .replace(/^> /, '')
    .replace(/\*\*(.+?)\*\*/g, '$1')
    .replace(/(?<!\\)\[([^\]]*)\]\(\S+?\)/g, '$1 ↗')
    .replaceAll('`', '')
    .replace(/\\([\\`*_<>&~[\]|])/g, '$1');
}

/** Each table as lines of aligned cells; rules and empty headings are left out. */
function withTables(lines: readonly string[]): readonly string[] {
  const isRow = (line: string) => line.startsWith('|');
  const rows = lines.filter(isRow).map(cells);
  const first = Math.max(0, ...rows.map(([name = '']) => inline(name).length));
  return lines.flatMap((line) => {
    if (!isRow(line)) return [line];
    const [name = '', ...rest] = cells(line);
    if (/^[-: ]*$/.test(name)) return [];
    return [`${inline(name).padEnd(first + 2)}${rest.join('  ')}`];
  });
}

function cells(row: string): readonly string[] {
  return row
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}

/** At spaces where there are any; the rest of a line keeps its indentation. */
export function wrap(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text.trimEnd()];
  const indent = (/^ */.exec(text)?.[0] ?? '').slice(0, width / 2);
  const space = text.lastIndexOf(' ', width);
  const at = space > indent.length ? space : width;
  return [text.slice(0, at).trimEnd(), ...wrap(`${indent}${text.slice(at).trimStart()}`, width)];
}
