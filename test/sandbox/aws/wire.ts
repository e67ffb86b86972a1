// The wire: AWS JSON 1.1 for SSO Admin and Identity Store, the query protocol for STS, over plain HTTP.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Input, isStructure, type Output } from './input.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { World } from './world.ts';

export type Asked = {
  readonly service: 'sso-admin' | 'identitystore' | 'sts';
  readonly operation: string;
  readonly input: Input;
  readonly actor: string;
  readonly requestId: string;
};

const SERVICES: ReadonlyMap<string, Asked['service']> = new Map([
  ['SWBExternalService', 'sso-admin'],
  ['AWSIdentityStore', 'identitystore'],
]);

export async function readAsked(request: IncomingMessage): Promise<Asked> {
  const body = await readBody(request);
  const requestId = randomUUID();
  const actor = accessKeyOf(request.headers.authorization);
  const target = request.headers['x-amz-target'];
  if (typeof target !== 'string') return readQuery(body, actor, requestId);
  const [prefix = '', operation = ''] = target.split('.');
  const service = SERVICES.get(prefix) ?? refuse('UnknownOperationException', `Unknown service ${prefix}`);
  const input: unknown = JSON.parse(body === '' ? '{}' : body);
  if (!isStructure(input)) return refuse('ValidationException', 'The body is not a JSON object.');
  return { service, operation, input, actor, requestId };
}

function readQuery(body: string, actor: string, requestId: string): Asked {
  const form = new URLSearchParams(body);
  const operation = form.get('Action') ?? refuse('UnknownOperationException', 'Neither X-Amz-Target nor Action');
  return { service: 'sts', operation, input: Object.fromEntries(form), actor, requestId };
}

export type Answer = { readonly status: number; readonly body: Output };

export function errorAnswer({ code, status, message }: Refusal): Answer {
  return { status, body: { __type: code, Message: message } };
}

export function send(response: ServerResponse, world: World, requestId: string, answer: Answer): void {
  const text = typeof answer.body.xml === 'string' ? answer.body.xml : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'content-type': typeof answer.body.xml === 'string' ? 'text/xml' : 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': requestId,
    // The clock that the app compares its own with.
    date: world.now().toUTCString(),
  });
  response.end(text);
}

export function callerIdentity(world: World, requestId: string): Output {
  const arn = `arn:aws:sts::${world.managementAccount}:assumed-role/breakglass/sandbox`;
  return {
    xml:
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
      `<Arn>${arn}</Arn><UserId>AROASANDBOX:sandbox</UserId><Account>${world.managementAccount}</Account>` +
      `</GetCallerIdentityResult><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>` +
      '</GetCallerIdentityResponse>',
  };
}

// The signature itself is not checked: the double has nobody's secret.
function accessKeyOf(authorization: string | undefined): string {
  const key = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization ?? '')?.[1];
  return key ?? refuse('MissingAuthenticationTokenException', 'Missing Authentication Token');
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
