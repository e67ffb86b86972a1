// One request from socket to answer: faults, throttle, handler, hooks, log.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ASSIGNMENTS } from './assignments.ts';
import type { Handler } from './call.ts';
import { type Faults, fateUnder, type Mishap } from './faults.ts';
import { IDENTITY_STORE } from './identity-store.ts';
import type { Output } from './input.ts';
import { PERMISSION_SETS } from './permission-sets.ts';
import { POLICIES } from './policies.ts';
import { PROVISION_CALLS } from './provision-calls.ts';
import { isRefusal, type Refusal, refusal, refuse } from './refusal.ts';
import { TAGS } from './tags.ts';
import { createThrottle } from './throttle.ts';
import { type Answer, type Asked, callerIdentity, errorAnswer, readAsked, send } from './wire.ts';
import { record, type World } from './world.ts';

export type LogEntry = {
  readonly service: Asked['service'];
  readonly operation: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly response: Readonly<Record<string, unknown>>;
  readonly requestId: string;
  readonly at: Date;
  /** Answered by a planted fault, not by the service's own rules. */
  readonly faulty: boolean;
};

/** `before` nothing has happened yet; `after` the call has taken effect and is not yet answered. */
export type RequestEvent = {
  readonly phase: 'before' | 'after';
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly actor: string;
};

export type Hook = (event: RequestEvent) => void | Promise<void>;

export type Desk = {
  readonly world: World;
  readonly faults: Faults;
  readonly hooks: Set<Hook>;
  readonly log: LogEntry[];
  readonly isDown: () => boolean;
};

const HANDLERS: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  'sso-admin': { ...PERMISSION_SETS, ...POLICIES, ...PROVISION_CALLS, ...ASSIGNMENTS, ...TAGS },
  identitystore: IDENTITY_STORE,
  sts: { GetCallerIdentity: ({ world, requestId }) => callerIdentity(world, requestId) },
};

/** What the double can do, but for STS, which has no model here. */
export const OPERATIONS: readonly (readonly [service: string, operation: string])[] = Object.entries(HANDLERS)
  .filter(([service]) => service !== 'sts')
  .flatMap(([service, handlers]) => Object.keys(handlers).map((operation) => [service, operation] as const));

export function createAwsServer(desk: Desk): Server {
  const throttle = createThrottle(desk.world.organisation.tps);
  return createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    serve(desk, throttle, request, response).catch((error: unknown) => {
      // A bug of the double itself must not look like an AWS error.
      process.stderr.write(`AWS double: ${error instanceof Error ? error.stack : error}\n`);
      response.destroy();
    });
  });
}

async function serve(
  desk: Desk,
  throttle: () => void,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (desk.isDown()) {
    request.socket.destroy();
    return;
  }
  const asked = await readAsked(request).catch((error: unknown) => rethrowUnlessRefusal(error));
  if (isRefusal(asked)) return send(response, desk.world, randomUUID(), errorAnswer(asked));
  const mishap = desk.faults.strike(asked);
  await run(desk.hooks, 'before', asked);
  if (mishap?.kind === 'delay') await sleep(mishap.ms);
  if (mishap?.kind === 'reset' && mishap.after !== true) return void response.destroy();
  if (mishap?.kind === 'hang' && mishap.after !== true) return;
  const answer = answerTo(desk, throttle, asked, mishap);
  await run(desk.hooks, 'after', asked);
  desk.log.push(logged(desk, asked, answer, mishap));
  if (mishap?.kind === 'reset') return void response.destroy();
  if (mishap?.kind === 'hang') return;
  send(response, desk.world, asked.requestId, answer);
}

function answerTo(desk: Desk, throttle: () => void, asked: Asked, mishap: Mishap | undefined): Answer {
  try {
    throttle();
    refuseBefore(mishap);
    const body = mishap?.kind === 'answer' ? mishap.body : handle(desk, asked, mishap);
    if (mishap?.kind === 'error-after') refuse(mishap.code ?? 'InternalServerException', 'Planted after the effect.');
    return { status: 200, body };
  } catch (error) {
    return errorAnswer(rethrowUnlessRefusal(error));
  }
}

function handle({ world }: Desk, asked: Asked, mishap: Mishap | undefined): Output {
  const { operation, input, actor, requestId } = asked;
  const handler = HANDLERS[asked.service]?.[operation];
  if (handler === undefined) return refuse('UnknownOperationException', `The double has no operation ${operation}.`);
  const output = handler({ world, operation, input, actor, requestId, fate: fateUnder(mishap) });
  if (!/^(Get|List|Describe)/.test(operation)) record(world, { actor, what: operation, detail: input, requestId });
  return output;
}

function refuseBefore(mishap: Mishap | undefined): void {
  if (mishap?.kind === 'error') refuse(mishap.code, mishap.message ?? 'Planted before the effect.');
  if (mishap?.kind === 'throttle') refuse('ThrottlingException', 'Rate exceeded');
  if (mishap?.kind === 'expired-credentials') {
    refuse('ExpiredTokenException', 'The security token included in the request is expired');
  }
}

function logged({ world }: Desk, asked: Asked, answer: Answer, mishap: Mishap | undefined): LogEntry {
  const { service, operation, input, requestId } = asked;
  const faulty = mishap !== undefined && answer.status !== 200;
  return {
    service,
    operation,
    request: input,
    status: answer.status,
    response: answer.body,
    requestId,
    at: world.now(),
    faulty,
  };
}

async function run(
  hooks: ReadonlySet<Hook>,
  phase: RequestEvent['phase'],
  { operation, input, actor }: Asked,
): Promise<void> {
  for (const hook of hooks) await hook({ phase, operation, input, actor });
}

function rethrowUnlessRefusal(error: unknown): Refusal {
  if (isRefusal(error)) return error;
  if (error instanceof SyntaxError) return refusal('ValidationException', 'The body is not JSON.');
  throw error;
}
