// AWS's key service in the little that Pulumi asks of it: it wraps the key that a stack's secrets are encrypted with, and
// unwraps it. A service of its own, as its faults are not those of Identity Center.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export type KeyService = {
  /** For `BREAKGLASS_SECRETS_PROVIDER`. */
  readonly secretsProvider: string;
  readonly environment: Readonly<Record<string, string>>;
  /** From now on whatever is asked is refused, as where somebody disabled the key; or no longer. */
  readonly refuse: (isRefusing: boolean) => void;
  readonly close: () => void;
};

const KEY_ID = 'arn:aws:kms:eu-central-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab';

type Asking = { readonly Plaintext?: string; readonly CiphertextBlob?: string };

export async function startKeyService(): Promise<KeyService> {
  const key = randomBytes(32);
  let isRefusing = false;
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).replace(/^TrentService\./, '');
    const body = (await json(request)) as Asking;
    const answer = isRefusing ? null : answerTo(operation, body, key);
    response.writeHead(answer === null ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer ?? { __type: 'DisabledException' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    secretsProvider: 'awskms://alias/breakglass?region=eu-central-1&awssdk=v2',
    environment: { AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    refuse: (refusing) => {
      isRefusing = refusing;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const NONCE = 12;
const TAG = 16;

function answerTo(operation: string, { Plaintext = '', CiphertextBlob = '' }: Asking, key: Buffer): object | null {
  const base64 = (...parts: readonly Buffer[]) => Buffer.concat(parts).toString('base64');
  if (operation === 'Encrypt') {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const text = Buffer.concat([cipher.update(Plaintext, 'base64'), cipher.final()]);
    return { KeyId: KEY_ID, CiphertextBlob: base64(nonce, cipher.getAuthTag(), text) };
  }
  if (operation !== 'Decrypt') return null;
  const bytes = Buffer.from(CiphertextBlob, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
  try {
    decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
    return { KeyId: KEY_ID, Plaintext: base64(decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()) };
  } catch {
    return null;
  }
}
