// The check of the GitHub double's traffic by one process for all test files: by itself each compiles the same schemas, for
// more than a second.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Delivery, Exchange } from '../sandbox/github/index.ts';
import { checkTraffic, whyUnavailable } from './github-openapi.ts';

/** The environment variable that says where it listens; without it, everybody checks for himself. */
const SERVICE = 'BREAKGLASS_TEST_TRAFFIC_SERVICE';

/** Vitest's global setup. */
export default async function setup(): Promise<(() => void) | undefined> {
  if (process.env[SERVICE] !== undefined) return undefined; // another group of the same run
  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env[SERVICE] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return () => {
    delete process.env[SERVICE];
    server.close();
    server.closeAllConnections();
  };
}

async function answer(request: NodeJS.ReadableStream): Promise<string> {
  const [requests = [], deliveries = []] = (await text(request))
    .split('\n\n')
    .map((part) => part.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])));
  return JSON.stringify(await check(requests, deliveries));
}

/** Every deviation from GitHub's description, each once; null where the description cannot be had, which CI=true forbids. */
export async function deviationsFromGitHub(
  requests: readonly Exchange[],
  deliveries: readonly Delivery[],
): Promise<readonly string[] | null> {
  const service = process.env[SERVICE];
  if (service === undefined) return check(requests, deliveries);
  // Whoever waits asks the same again and again: what differs in nothing but its time is checked once.
  const lines = (list: readonly object[]) => [...new Set(list.map((one) => JSON.stringify({ ...one, at: null })))];
  const body = `${lines(requests).join('\n')}\n\n${lines(deliveries).join('\n')}`;
  const answered = await fetch(service, { method: 'POST', body });
  if (!answered.ok) throw new Error(`the traffic could not be checked: ${await answered.text()}`);
  return (await answered.json()) as readonly string[] | null;
}

async function check(requests: readonly Exchange[], deliveries: readonly Delivery[]) {
  const unavailable = await whyUnavailable();
  if (unavailable === null) return checkTraffic(requests, deliveries);
  console.warn(`the traffic with GitHub's double is not checked: ${unavailable}`);
  return null;
}
