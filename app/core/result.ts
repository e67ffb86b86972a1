// What a parser answers: a value, or every problem it found, each with its place in the file.
export type Problem = {
  /** Path in the repository, e.g. `policies/rules.yaml`. */
  readonly file: string;
  /** 1-based; 0 when the problem is about the whole file. */
  readonly line: number;
  readonly column: number;
  /** A sentence that says what is wrong and what to write instead. */
  readonly message: string;
};

export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'invalid'; readonly problems: readonly [Problem, ...Problem[]] };
