// Stands before moto and answers the two calls that moto does not have and the aws provider cannot do without.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { MotoServer } from './moto-server.ts';

/** Everything else goes through as it is. */
export const ANSWERED_BY_THE_PROXY = ['ListTagsForResource', 'DescribePermissionSetProvisioningStatus'] as const;

type Fields = Readonly<Record<string, unknown>>;

export type Proxy = MotoServer & { readonly passed: readonly string[] };

export async function startProxy(moto: MotoServer): Promise<Proxy> {
  const tags = new Map<unknown, unknown>();
  const requests = new Map<unknown, Fields>();
  const passed: string[] = [];
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const body = await readBody(request);
    const input = fields(JSON.parse(body === '' ? '{}' : body));
    const own = ownAnswer(operation, input);
    if (own !== undefined) {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(own));
      return;
    }
    passed.push(operation);
    const answer = await fetch(moto.url, { method: 'POST', headers: forwarded(request), body });
    const text = await answer.text();
    remember(operation, input, fields(JSON.parse(text)));
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;

  function ownAnswer(operation: string, input: Fields): Fields | undefined {
    if (operation === 'ListTagsForResource') return { Tags: tags.get(input.ResourceArn) ?? [] };
    if (operation !== 'DescribePermissionSetProvisioningStatus') return undefined;
    return { PermissionSetProvisioningStatus: requests.get(input.ProvisionPermissionSetRequestId) };
  }

  // moto takes tags and says nothing of them; it answers a provisioning as done and forgets its request id.
  function remember(operation: string, input: Fields, output: Fields): void {
    const set = fields(output.PermissionSet);
    if (operation === 'CreatePermissionSet') tags.set(set.PermissionSetArn, input.Tags);
    const status = fields(output.PermissionSetProvisioningStatus);
    if (operation === 'ProvisionPermissionSet') requests.set(status.RequestId, status);
  }

  return {
    url: `http://127.0.0.1:${port}`,
    passed,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function forwarded({ headers }: IncomingMessage): Record<string, string> {
  const names = ['x-amz-target', 'authorization', 'content-type', 'x-amz-date'];
  return Object.fromEntries(
    names.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
  );
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
