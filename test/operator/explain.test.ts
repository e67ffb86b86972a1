// `breakglass explain` beside the app's own repository: what it decides, from what, and that it leaves no trace.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Ran, spawned } from '../cli/captured.ts';
import { type Stage, withStage } from '../scenarios/stage.ts';

const explain = (stage: Stage, ...args: string[]): Promise<Ran> =>
  spawned(['explain', ...args], { env: stage.sandbox.environment(), cwd: stage.sandbox.dir });

it.concurrent('says what would be decided and why, writes nothing, and comes to the same from what was kept', () =>
  withStage({}, async (stage) => {
    const writes: string[] = [];
    const pull = await stage.request('explained');
    await stage.as('mallory').comment(pull, '/approve-emergency');
    stage.github.faults.onRequest(({ phase, request }) => {
      if (phase === 'after' && request.method !== 'GET' && request.caller === 'app')
        writes.push(`${request.method} ${request.path}`);
    });

    const text = await explain(stage, String(pull));
    expect(text).toMatchObject({ code: 0 });
    const head = (await stage.pull(pull)).head.sha;
    expect(text.out).toMatch(/Verdict\n {2}allowed: grant "explained" by rule "/);
    expect(text.out).toContain('not counted: mallory: ');
    expect(text.out).toContain(`head: ${head} on explained`);
    expect(text.out).toContain(`GET /repos/acme/access/issues/${pull}/comments`);

    const kept = await explain(stage, `${pull}`, '--json');
    const file = join(stage.sandbox.dir, 'facts.json');
    writeFileSync(file, kept.out);
    stage.github.faults.down();
    const again = await spawned(['explain', '--facts', file, '--json']);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toEqual(JSON.parse(kept.out));
    // By GraphQL the app only asks: `test/contract/github-graphql.ts` lets no mutation through.
    const reads = /access_tokens|git-upload-pack|\/graphql$/;
    expect(writes.filter((one) => !reads.test(one))).toEqual([]);
  }));

it.concurrent('refuses what is not open, what is no number, and what holds no facts', () =>
  withStage({}, async (stage) => {
    expect(await explain(stage, '999')).toMatchObject({
      code: 1,
      notes: expect.stringContaining('no pull request #999'),
    });
    const file = join(stage.sandbox.dir, 'facts.json');
    writeFileSync(file, '{}');
    expect(await explain(stage, '--facts', file)).toMatchObject({
      code: 2,
      notes: expect.stringContaining('no facts'),
    });
    expect(await explain(stage)).toMatchObject({ code: 2 });
    expect(await explain(stage, 'x')).toMatchObject({ code: 2 });
  }));
