// The app's Markdown in a terminal: what GitHub folds or hides is folded or hidden, and no line is longer than asked.
import { describe, expect, it } from 'vitest';
import { readable, wrap } from './demo-text.ts';

const shown = (markdown: string, width = 60) => readable(markdown, width).map((line) => line.text);

describe('readable', () => {
  it.each([
    ['comments are not shown', '<!-- breakglass -->\n<!-- x:1 -->\n\nHello', ['Hello']],
    ['details are folded', '<details><summary>Proof</summary>\n\n- `a`\n\n</details>\n\nEnd', ['▸ Proof', '', 'End']],
    ['code keeps its lines', 'Say:\n\n```\n/approve-emergency\n```', ['Say:', '', '    /approve-emergency']],
    ['links by their text', '**Active.** [Open it](https://a.example/#/x?y=1) now', ['Active. Open it ↗ now']],
    ['escapes', 'a \\*b\\* and @<!-- -->octocat', ['a *b* and @octocat']],
    ['tables aligned', '| | |\n|---|---|\n| Reason | `x` |\n| Ends | soon |', ['Reason  x', 'Ends    soon']],
  ])('%s', (_, markdown, expected) => {
    expect(shown(markdown)).toEqual(expected);
  });
  it('marks headings and bold lines', () => {
    expect(readable('### Title\n\n**Waiting.**\n\nplain', 40).map((line) => line.bold)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  });
});

describe('wrap', () => {
  it.each([
    ['at spaces', 'one two three', 8, ['one two', 'three']],
    ['with the same indentation', '  one two', 6, ['  one', '  two']],
    ['in the middle of what has no spaces', 'abcdefgh', 5, ['abcde', 'fgh']],
    ['what is indented further than the width', `${' '.repeat(30)}abc def`, 10, ['', '     abc', '     def']],
  ])('%s', (_, text, width, expected) => {
    expect(wrap(text, width)).toEqual(expected);
  });
});
