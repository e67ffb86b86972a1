// What a real socket does to the adapter: silence, and answers that break off.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import nock from 'nock';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pacedOctokit } from '../../app/github/octokit-throttle.ts';
import type { GitHub } from '../../app/github/port.ts';
import { comment, connected, FAST, pull, silent } from './connection.ts';

let server: Server | undefined;

beforeAll(() => nock.restore());
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const serve = async (answer: RequestListener, timeoutMs = 2_000): Promise<GitHub> => {
  const listening = createServer(answer);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  const Octokit = pacedOctokit(silent, FAST);
  return connected({ octokit: new Octokit({ auth: { token: 'secret' }, log: silent, baseUrl }), timeoutMs });
};

const MERGE = { number: 42, sha: 'head', title: 'Grant', message: 'Format: 1' };
const JSON_TYPE = { 'content-type': 'application/json' };

/** Headers and half a body, then the connection is cut. */
const breakOff = (body: string): RequestListener => {
  return (_request, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': body.length });
    response.write(body.slice(0, body.length / 2), () => response.destroy());
  };
};

describe('a merge', () => {
  it('that GitHub does not answer is uncertain after the time limit, and was sent once', async () => {
    let requests = 0;
    const github = await serve(() => {
      requests += 1;
    }, 100);
    expect(await github.merge(MERGE)).toMatchObject({ kind: 'uncertain', message: expect.stringMatching(/timeout/) });
    expect(requests).toBe(1);
  });

  it('whose answer stops after the headers is uncertain', async () => {
    const github = await serve((_request, response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': 100 });
      response.write('{"merged":');
    }, 100);
    expect(await github.merge(MERGE)).toMatchObject({ kind: 'uncertain' });
  });

  it('whose answer breaks off is uncertain', async () => {
    const github = await serve(breakOff(JSON.stringify({ merged: true, sha: 'm', message: 'ok' })));
    expect(await github.merge(MERGE)).toMatchObject({ kind: 'uncertain' });
  });
});

describe('a list', () => {
  it('that breaks off is read again, never taken for a shorter one', async () => {
    const whole = JSON.stringify([comment(1, 'a'), comment(2, '/reject')]);
    let requests = 0;
    const github = await serve((request, response) => {
      requests += 1;
      if (requests === 1) breakOff(whole)(request, response);
      else response.writeHead(200, JSON_TYPE).end(whole);
    });
    expect(await github.comments(42)).toHaveLength(2);
    expect(requests).toBe(2);
  });
});

describe('a read', () => {
  it('is given up after three time-outs', async () => {
    let requests = 0;
    const github = await serve(() => {
      requests += 1;
    }, 60);
    await expect(github.pull(42)).rejects.toThrow(/timeout/);
    expect(requests).toBe(3);
  });

  it('takes the time from the answer', async () => {
    const github = await serve((_request, response) => {
      response.writeHead(200, { ...JSON_TYPE, date: 'Sun, 22 Nov 2026 03:00:00 GMT' }).end(JSON.stringify(pull(42)));
    });
    // One answer of another day may be a proxy's; the second makes it GitHub's time.
    await github.pull(42);
    await github.pull(42);
    expect(github.now().toISOString()).toMatch(/^2026-11-22T03:00:0/);
  });
});
