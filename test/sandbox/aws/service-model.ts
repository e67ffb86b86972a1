// AWS's own descriptions of the two services, as botocore ships them: fetched by pip once, kept in .cache/botocore.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

export type Shape = {
  readonly type: string;
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly required?: readonly string[];
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
  readonly document?: boolean;
};

export type ServiceModel = {
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly input?: { readonly shape: string };
        readonly output?: { readonly shape: string };
        readonly errors?: readonly { readonly shape: string }[];
      }
    >
  >;
  readonly shapes: Readonly<Record<string, Shape>>;
};

export type Models = Readonly<Record<'sso-admin' | 'identitystore', ServiceModel>>;

export const BOTOCORE = '1.44.5';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const FOLDER = join(ROOT, '.cache', 'botocore', BOTOCORE);
const FILES = {
  'sso-admin': 'botocore/data/sso-admin/2020-07-20/service-2.json.gz',
  identitystore: 'botocore/data/identitystore/2020-06-15/service-2.json.gz',
} as const;

const run = promisify(execFile);

let loading: Promise<Models> | undefined;

export function loadModels(): Promise<Models> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Models> {
  if (!Object.values(FILES).every((file) => existsSync(join(FOLDER, file)))) await fetchModels();
  const [ssoAdmin, identitystore] = await Promise.all([read(FILES['sso-admin']), read(FILES.identitystore)]);
  return { 'sso-admin': ssoAdmin, identitystore };
}

async function read(file: string): Promise<ServiceModel> {
  return JSON.parse(gunzipSync(await readFile(join(FOLDER, file))).toString('utf8'));
}

// The wheel is a zip file; only the two models are taken out of it.
const UNPACK =
  'import sys, zipfile; [zipfile.ZipFile(sys.argv[1]).extract(name, sys.argv[2]) for name in sys.argv[3:]]';

async function fetchModels(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const wheel = join(FOLDER, `botocore-${BOTOCORE}-py3-none-any.whl`);
  const download = [
    'download',
    '--quiet',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--dest',
    FOLDER,
    `botocore==${BOTOCORE}`,
  ];
  try {
    await run('python3', ['-m', 'pip', ...download], { timeout: 180_000 });
    await run('python3', ['-c', UNPACK, wheel, FOLDER, ...Object.values(FILES)]);
  } catch (error) {
    throw new Error(
      `botocore ${BOTOCORE}, which holds AWS's service models, cannot be had: python3 with pip must reach PyPI.\n` +
        (error instanceof Error ? error.message : String(error)),
    );
  }
}
