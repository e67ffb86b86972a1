// What the YAML parser's own errors mean to somebody who wrote a grant at 03:00.
import type { ErrorCode, YAMLParseError } from 'yaml';

export function syntaxSentence(error: Pick<YAMLParseError, 'code' | 'message'>): string {
  return (
    SENTENCES[error.code] ??
    `This is not valid YAML: ${error.message.split('\n')[0]}. If the value is text, put all of it in double quotes.`
  );
}

const QUOTES = 'Put the whole value in double quotes.';

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: `Anchors, aliases and tags are not allowed. ${QUOTES}`,
  BAD_ALIAS: `Anchors and aliases are not allowed. ${QUOTES}`,
  BAD_DIRECTIVE: 'YAML directives (lines that start with %) are not allowed. Remove the line.',
  BAD_INDENT: 'The indentation is wrong, or a bracket or quote is not closed. Align this line with its neighbours.',
  BAD_SCALAR_START: `A value cannot start with this character. ${QUOTES}`,
  BLOCK_AS_IMPLICIT_KEY: `There is a second ": " in this line. ${QUOTES}`,
  DUPLICATE_KEY: 'This key stands here twice. Keep one of them.',
  MISSING_CHAR: 'Something is missing here: a closing quote or bracket, a comma, or the space after a colon.',
  MULTIPLE_ANCHORS: `Anchors are not allowed. ${QUOTES}`,
  MULTIPLE_DOCS: 'There is more than one document in the file. Keep one.',
  MULTIPLE_TAGS: `Tags are not allowed. ${QUOTES}`,
  MULTILINE_IMPLICIT_KEY: 'A key must fit on one line, with its colon.',
  RESOURCE_EXHAUSTION: 'Values are nested too deeply.',
  TAB_AS_INDENT: 'Indent with spaces, not with tabs.',
  TAG_RESOLVE_FAILED: `Tags (words that start with !) are not allowed. ${QUOTES}`,
};
