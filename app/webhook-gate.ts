// What a webhook must be before Probot sees it: JSON, signed with the secret, whole, small and soon.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RefusalCode } from './refused-requests.ts';

export type WebhookLimits = {
  /**
   * GitHub sends at most 25 MB (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap). The
   * largest events that the app takes are pushes, which list 2,048 commits at most: far below 10 MB. One that is lost
   * all the same costs a minute, as the pass finds what it would have told.
   */
  readonly bodyBytes: number;
  /** Of all bodies that are being read, so that many large ones do not take all memory. */
  readonly allBytes: number;
  /** From the headers to the last byte. */
  readonly bodyMs: number;
};

export const WEBHOOK_LIMITS: WebhookLimits = { bodyBytes: 10_000_000, allBytes: 64_000_000, bodyMs: 10_000 };

export type Refused = { readonly kind: 'refused'; readonly status: number; readonly code: RefusalCode };
type Read = { readonly kind: 'body'; readonly body: Buffer };

export type WebhookGate = (request: IncomingMessage) => Promise<Read | Refused>;

export function createWebhookGate(secret: string, limits: WebhookLimits = WEBHOOK_LIMITS): WebhookGate {
  const budget = { taken: 0 };
  return async (request) => {
    const wrong = headersRefused(request, limits);
    if (wrong !== null) return wrong;
    const read = await readBody(request, limits, budget);
    if (read.kind === 'refused') return read;
    return isSigned(secret, read.body, String(request.headers['x-hub-signature-256']))
      ? read
      : refused(401, 'bad-signature');
  };
}

function headersRefused({ headers }: IncomingMessage, limits: WebhookLimits): Refused | null {
  if (!/^\s*application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) return refused(415, 'bad-content-type');
  const needed = ['x-github-event', 'x-github-delivery', 'x-hub-signature-256'];
  if (needed.some((name) => headers[name] === undefined)) return refused(400, 'missing-header');
  return Number(headers['content-length'] ?? 0) > limits.bodyBytes ? refused(413, 'too-large') : null;
}

function readBody(
  request: IncomingMessage,
  { bodyBytes, allBytes, bodyMs }: WebhookLimits,
  budget: { taken: number },
): Promise<Read | Refused> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (answer: Read | Refused): void => {
      clearTimeout(late);
      request.off('data', take).off('end', whole).off('error', broken).off('close', broken);
      budget.taken -= size;
      resolve(answer);
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      budget.taken += chunk.length;
      if (size > bodyBytes) settle(refused(413, 'too-large'));
      else if (budget.taken > allBytes) settle(refused(429, 'too-many'));
      else chunks.push(chunk);
    };
    const whole = (): void => settle({ kind: 'body', body: Buffer.concat(chunks) });
    const broken = (): void => settle(refused(400, 'unfinished'));
    const late = setTimeout(() => settle(refused(408, 'too-slow')), bodyMs);
    request.on('data', take).on('end', whole).on('error', broken).on('close', broken);
  });
}

/** In constant time: how long a wrong signature takes says nothing about the right one. */
function isSigned(secret: string, body: Buffer, signature: string): boolean {
  const right = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(signature);
  return right.length === given.length && timingSafeEqual(right, given);
}

function refused(status: number, code: RefusalCode): Refused {
  return { kind: 'refused', status, code };
}
