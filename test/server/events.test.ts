// Which key each webhook asks to look at; of another repository's, none.
import type { Probot } from 'probot';
import { describe, expect, test } from 'vitest';
import { breakglass } from '../../app/index.ts';

const ID = 1296269;
type Handler = (event: { readonly payload: object }) => void;

function stage() {
  const handlers = new Map<string, Handler>();
  const keys: string[] = [];
  const on = (names: string | readonly string[], handler: Handler) => {
    for (const name of [names].flat()) handlers.set(name, handler);
  };
  breakglass({ on } as unknown as Probot, { repositoryId: ID, branch: 'main', enqueue: (key) => keys.push(key) });
  return (name: string, payload: object, id = ID): readonly string[] => {
    keys.length = 0;
    handlers.get(name)?.({ payload: { repository: { id }, ...payload } });
    return [...keys];
  };
}

describe('of our repository', () => {
  test.each<readonly [string, object, readonly string[]]>([
    ['pull_request', { pull_request: { number: 7 } }, ['pull:7']],
    ['pull_request_review', { pull_request: { number: 7 } }, ['pull:7']],
    ['issue_comment', { issue: { number: 7, pull_request: {} } }, ['pull:7']],
    ['issue_comment', { issue: { number: 7 } }, []],
    ['push', { ref: 'refs/heads/main' }, ['pass']],
    ['push', { ref: 'refs/heads/main2' }, []],
    ['check_run.rerequested', {}, ['pulls']],
    ['check_suite.rerequested', {}, ['pulls']],
    ['membership', {}, ['pulls']],
    ['team', {}, ['pulls']],
    ['organization', {}, ['pulls']],
    ['member', {}, ['pulls']],
  ])('%s %j asks for %j', (name, payload, keys) => {
    expect(stage()(name, payload)).toEqual(keys);
  });
});

test.each([
  ['pull_request', { pull_request: { number: 7 } }],
  ['issue_comment', { issue: { number: 7, pull_request: {} } }],
  ['push', { ref: 'refs/heads/main' }],
  ['check_run.rerequested', {}],
])('%s of another repository asks for nothing', (name, payload) => {
  expect(stage()(name, payload, 666)).toEqual([]);
});
