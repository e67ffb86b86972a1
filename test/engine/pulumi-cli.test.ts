// Where the Pulumi CLI comes from: PATH, cache, download, Go, in that order, with one error that names all four.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureAwsPlugin } from '../../app/engine/aws-plugin.ts';
import { claimFile } from '../../app/engine/claim.ts';
import { type FindOptions, findPulumi } from '../../app/engine/pulumi-cli.ts';
import { type Attempt, buildPulumi } from '../../app/engine/pulumi-make.ts';

const SHELL = '/bin:/usr/bin';
let home: string;
let lines: string[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'breakglass-cli-'));
  lines = [];
});

function executable(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const pulumi = (folder: string, version: string) => executable(folder, 'pulumi', `echo v${version}`);
const no =
  (why: string): Attempt =>
  async () => ({ kind: 'not', why });
const find = (options: FindOptions) =>
  findPulumi({
    cacheDir: join(home, 'cache'),
    onProgress: (line) => lines.push(line),
    env: { PATH: SHELL },
    download: no('offline'),
    build: no('there is no go on PATH'),
    ...options,
  });

describe('findPulumi', () => {
  it('takes the one on PATH when it is recent', async () => {
    const command = pulumi(join(home, 'a/bin'), '3.206.0');
    pulumi(join(home, 'cache/pulumi/3.230.0/bin'), '3.230.0');
    const found = await find({ env: { PATH: `${join(home, 'a/bin')}:${SHELL}` } });
    expect(found).toMatchObject({ source: 'path', version: '3.206.0', command: { command } });
    expect(lines).toEqual([]);
  });

  it('names an old one on PATH, passes it over, and takes the next', async () => {
    const old = pulumi(join(home, 'old/bin'), '3.205.0');
    pulumi(join(home, 'new/bin'), '3.250.1');
    const path = `${join(home, 'old/bin')}:${join(home, 'new/bin')}:${SHELL}`;
    expect(await find({ env: { PATH: path } })).toMatchObject({ source: 'path', version: '3.250.1' });
    pulumi(join(home, 'cache/pulumi/3.230.0/bin'), '3.230.0');
    const found = await find({ env: { PATH: `${join(home, 'old/bin')}:${SHELL}` } });
    expect(found).toMatchObject({ source: 'cache', version: '3.230.0' });
    expect(lines).toEqual([`The pulumi on PATH is passed over: ${old} is version 3.205.0, at least 3.206.0 is needed`]);
  });

  it('takes the newest of the cache that runs', async () => {
    pulumi(join(home, 'cache/pulumi/3.99.0/bin'), '3.99.0');
    pulumi(join(home, 'cache/pulumi/3.230.0/bin'), '3.230.0');
    executable(join(home, 'cache/pulumi/3.270.0/bin'), 'pulumi', 'exit 1');
    expect(await find({})).toMatchObject({ source: 'cache', version: '3.230.0' });
  });

  it('asks one of the cache once, and again where it is another file by now', async () => {
    const root = join(home, 'cache/pulumi/3.230.0');
    const counted = (version: string) =>
      executable(join(root, 'bin'), 'pulumi', `echo >> ${home}/asked; echo v${version}`);
    const asked = () => readFileSync(join(home, 'asked'), 'utf8').length;
    const command = counted('3.230.0');
    for (let i = 0; i < 2; i++)
      expect(await find({})).toMatchObject({
        source: 'cache',
        version: '3.230.0',
        command: { command, version: { version: '3.230.0' } },
      });
    expect(asked()).toBe(1);
    counted('3.231.0');
    expect(await find({})).toMatchObject({ version: '3.231.0' });
    expect(asked()).toBe(2);
    for (const text of ['', 'no JSON', '{"version":"3.999.0"}']) {
      writeFileSync(join(root, 'ran.json'), text);
      expect(await find({})).toMatchObject({ version: '3.231.0' });
    }
    const note = readFileSync(join(root, 'ran.json'), 'utf8');
    writeFileSync(join(root, 'ran.json'), note.replace(process.arch, 'another'));
    const before = asked();
    await find({});
    expect(asked()).toBe(before + 1);
    rmSync(join(root, 'bin'), { recursive: true });
    expect(String(await find({}).catch((error: Error) => error))).toContain('3.230.0 does not run');
  });

  it('downloads before it builds', async () => {
    const download: Attempt = async ({ cache }) => {
      pulumi(join(cache, '3.270.0/bin'), '3.270.0');
      return { kind: 'made', root: join(cache, '3.270.0') };
    };
    expect(await find({ download })).toMatchObject({ source: 'download', version: '3.270.0' });
    expect(await find({})).toMatchObject({ source: 'cache', version: '3.270.0' });
  });

  it('names all four ways and what to do when none works', async () => {
    pulumi(join(home, 'old/bin'), '3.10.0');
    const error = await find({ env: { PATH: `${join(home, 'old/bin')}:${SHELL}` } }).catch((each: Error) => each);
    expect(String(error)).toMatch(
      /on PATH: .*3\.10\.0.*\n.*in .*cache\/pulumi: none\n.*get\.pulumi\.com: offline\n.*with Go: there is no go on PATH\n.*Install Pulumi 3\.206\.0/,
    );
  });
});

describe('buildPulumi', () => {
  const options = (path: string) => ({
    cache: join(home, 'cache'),
    onProgress: (line: string) => lines.push(line),
    env: { PATH: path, COUNT: join(home, 'count') },
  });
  // Writes a CLI to the path after -o, as `go build` would.
  const GO = `echo "$PWD $@" >> "$COUNT"; sleep 0.2
while [ "$1" != "-o" ]; do shift; done
mkdir -p "$(dirname "$2")"
printf '#!/bin/sh\\necho v3.230.0\\n' > "$2"; chmod +x "$2"`;

  it('builds the pinned engine once, in a copy, though two ask for it', async () => {
    executable(join(home, 'go'), 'go', GO);
    const path = `${join(home, 'go')}:${SHELL}`;
    const built = await Promise.all([buildPulumi(options(path)), buildPulumi(options(path))]);
    expect(built).toEqual(Array(2).fill({ kind: 'made', root: join(home, 'cache/3.230.0') }));
    const calls = readFileSync(join(home, 'count'), 'utf8').trim().split('\n');
    expect(calls).toHaveLength(1);
    expect(calls[0]).toContain(`${join(home, 'cache')}/.making-3.230.0-`);
    expect(calls[0]).toContain('version.Version=v3.230.0');
    expect(readdirSync(join(home, 'cache'))).toEqual(['3.230.0']);
    expect(readdirSync(join(home, 'cache/3.230.0'))).toEqual(['bin']);
    expect(lines[0]).toMatch(/^Building the Pulumi engine with Go, about 3 minutes the first time …/);
  });

  it('waits for another process that builds, says so, and uses what that one built', async () => {
    const claim = await claimFile(join(home, 'cache/3.230.0.lock'));
    const waiting = buildPulumi(options(SHELL));
    await sleep(50);
    pulumi(join(home, 'cache/3.230.0/bin'), '3.230.0');
    if (claim.kind === 'claimed') await claim.release();
    expect(await waiting).toEqual({ kind: 'made', root: join(home, 'cache/3.230.0') });
    expect(lines.join('\n')).toContain(`Waiting for process ${process.pid}`);
  });

  it('says why a build failed, and leaves nothing half made', async () => {
    executable(join(home, 'go'), 'go', 'echo "go: dial tcp: lookup proxy.example.org: no such host" >&2; exit 1');
    const made = await buildPulumi(options(`${join(home, 'go')}:${SHELL}`));
    expect(made).toEqual({ kind: 'not', why: 'go: dial tcp: lookup proxy.example.org: no such host' });
    expect(readdirSync(join(home, 'cache'))).toEqual([]);
    expect(await buildPulumi(options(SHELL))).toEqual({ kind: 'not', why: 'there is no go on PATH' });
  });
});

describe('ensureAwsPlugin', () => {
  const ensure = (script: string, standIn = false) => {
    const command = executable(join(home, 'bin'), 'pulumi', script);
    const env = { PULUMI_HOME: home, PATH: SHELL };
    return ensureAwsPlugin({ pulumi: { command: { command } }, env, standIn });
  };

  it('fetches the version of the SDK once for all who ask', async () => {
    const ready = ensure(`echo "$@" >> ${home}/calls`);
    expect(await Promise.all([ready(), ready()])).toEqual([null, null]);
    expect(await ready()).toBeNull();
    expect(readFileSync(join(home, 'calls'), 'utf8')).toBe('plugin install resource aws 7.48.0 --non-interactive\n');
  });

  it('says what is missing, and tries again the next time', async () => {
    const ready = ensure(`test -e ${home}/online || { echo "dial tcp: no such host" >&2; exit 1; }`);
    expect(await ready()).toMatch(/plugin for AWS is missing.*7\.48\.0/);
    writeFileSync(join(home, 'online'), '');
    expect(await ready()).toBeNull();
  });

  it('fetches nothing where a stand-in is named', async () => {
    expect(await ensure(`touch ${home}/called`, true)()).toBeNull();
    expect(existsSync(join(home, 'called'))).toBe(false);
  });
});
