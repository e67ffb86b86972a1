// A plain table that fits a terminal: columns as wide as they need, the widest ones wrapped first.
export type Column = {
  readonly title: string;
  /** Never narrower than its longest line: times are not to be broken. */
  readonly rigid?: boolean;
};

const GAP = '  ';
const NARROWEST = 8;

/** Cells may hold line breaks. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width = 120): string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columnWidths(
    columns,
    columns.map((_, i) => Math.max(...all.map((row) => longest(row[i] ?? '')))),
    width,
  );
  return all.flatMap((row) =>
    renderRow(
      row.map((cell, i) => wrap(cell, widths[i] ?? NARROWEST)),
      widths,
    ),
  );
}

/** Breaks at spaces and after hyphens (but not those of a date), else where it must. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(/(?<= )|(?<=-)(?!\d)/)) {
      if (current !== '' && (current + word).trimEnd().length > width) {
        lines.push(current.trimEnd());
        current = '';
      }
      current += word;
      for (; current.trimEnd().length > width; current = current.slice(width)) lines.push(current.slice(0, width));
    }
    return [...lines, current.trimEnd()];
  });
}

function columnWidths(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  const room = width - GAP.length * (widths.length - 1);
  while (sum(widths) > room) {
    const shrinkable = widths.flatMap((one, i) => (columns[i]?.rigid === true || one <= NARROWEST ? [] : [{ one, i }]));
    const widest = shrinkable.sort((a, b) => b.one - a.one)[0];
    if (widest === undefined) break;
    widths[widest.i] = widest.one - 1;
  }
  return widths;
}

function renderRow(cells: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, y) =>
    cells
      .map((lines, x) => (lines[y] ?? '').padEnd(widths[x] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

function longest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
