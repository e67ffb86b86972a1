import { spawned } from '../cli/captured.ts';
import { untilMerged, untilSaid, withStage } from '../scenarios/stage.ts';
const t = async (name: string, f: () => Promise<unknown>) => { const s = performance.now(); const r = await f(); console.log(name, Math.round(performance.now() - s)); return r; };
await withStage({}, async (stage) => {
  const bg = (...args: string[]) => spawned(args, { env: stage.sandbox.environment({ BREAKGLASS_LOG_LEVEL: 'info' }), cwd: stage.sandbox.dir });
  const app = await stage.sandbox.startApp();
  await t('grant', async () => {
  const pull = await stage.request('due', { duration: '15s' });
  await untilSaid(stage, pull, 'Waiting for approval');
  await stage.as('hubot-boss').comment(pull, '/approve-emergency');
  await untilSaid(stage, pull, 'Active until'); });
  await t('stop', () => app.stop());
  console.log(await t('status up', () => bg('status', 'due')));
  stage.github.faults.down();
  console.log(await t('status down', () => bg('status', 'due')));
  await new Promise((r) => setTimeout(r, 15000));
  console.log(await t('dry', () => bg('expire', '--dry-run')));
  console.log(await t('expire', () => bg('expire')));
  stage.github.faults.up();
  console.log(await t('expire up', () => bg('expire')));
});
