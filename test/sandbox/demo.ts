// `npm run demo`: the life of two grants, played on the real app, the real engine and real Git, against doubles of GitHub and AWS.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { awsPluginVersion, sdkVersion } from '../../app/engine/aws-plugin.ts';
import { findPulumi } from '../../app/engine/pulumi-cli.ts';
import { keepOpen } from './demo-keep.ts';
import { coloursOn, createNarrator, type Narrator } from './demo-narrator.ts';
import { type Measured, play } from './demo-play.ts';
import { createScene, keepLog } from './demo-scene.ts';
import { type Sandbox, startSandbox } from './index.ts';

const HELP = `npm run demo [-- OPTIONS]

Plays the life of emergency access on this machine, in less than a minute: a pull request, an approval, access in AWS,
its deadline with the app dead, the removal, and the audit from a fresh clone. Needs no account anywhere.

  --json   progress goes to stderr; stdout ends with one line of JSON, every value of it measured in this run
  --keep   leaves everything running afterwards, and says how to ask for access by hand, until Ctrl-C
  --help   this text

Ends with 0 only if everything that it shows was so.
`;

type Versions = { readonly cli: string; readonly sdk: string; readonly aws: string };

const read = options();
if (read === null) process.exitCode = 2;
else if (read.help) process.stdout.write(HELP);
else process.exit(await demo(read));

function options() {
  const known = {
    json: { type: 'boolean' },
    keep: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    const { json = false, keep = false, help = false } = parseArgs({ options: known }).values;
    return { json, keep, help };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return null;
  }
}

async function demo({ json, keep }: { readonly json: boolean; readonly keep: boolean }): Promise<number> {
  const stream = json ? process.stderr : process.stdout;
  const tell = createNarrator({ write: (text) => stream.write(text), colours: coloursOn(stream) });
  const log = keepLog();
  const engine = { cli: (await findPulumi()).version, sdk: sdkVersion(), aws: awsPluginVersion() };
  banner(tell, engine);
  const asked = stopSignal();
  let keepsLog = true;
  let sandbox: Sandbox | null = null;
  try {
    const opened = await startSandbox({ secrets: 'passphrase' });
    sandbox = opened;
    const startApp = async () => {
      const app = await opened.startApp();
      log.follow(app);
      return app;
    };
    const played = await Promise.race([play({ scene: createScene(opened), tell, startApp }), asked]);
    keepsLog = false;
    if (played === 'stop') return 130;
    summary(tell, played.measured);
    if (json) process.stdout.write(`${JSON.stringify(result(engine, played.measured))}\n`);
    if (keep) await keepOpen({ sandbox: opened, tell, app: played.app, log: log.path, asked });
    return 0;
  } catch (error) {
    tell.step('The demo failed.', 'bad');
    const [first = '', ...more] = (error instanceof Error ? error.message : String(error)).split('\n');
    tell.note(first);
    if (more.length > 0) tell.quote(more.join('\n'));
    tell.note(`The app's log: ${log.path}`);
    return 1;
  } finally {
    await sandbox?.close();
    await log.close(keepsLog);
  }
}

/** Ctrl-C at any time: what was started is stopped, and no folder stays behind. */
function stopSignal(): Promise<'stop'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('stop'));
  });
}

function banner(tell: Narrator, { cli, sdk, aws }: Versions): void {
  const git = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim().replace('git version ', '');
  tell.plain('');
  tell.plain('breakglass: emergency access to AWS as a pull request', 'bold');
  tell.plain('');
  tell.plain(`  real     the app in a process of its own, its signatures; Pulumi: engine ${cli},`);
  tell.plain(`           @pulumi/pulumi ${sdk}, the resources of @pulumi/aws ${aws}; Git ${git}: every`);
  tell.plain('           push, merge, clone and log');
  tell.plain('  doubles  the servers of GitHub and of AWS (IAM Identity Center), on 127.0.0.1; and in place of');
  tell.plain("           Pulumi's AWS plugin a stand-in that speaks AWS's protocol to the double. They answer");
  tell.plain('           at once: the times below are those of the app and the engine, not of AWS.');
}

function summary(tell: Narrator, measured: Measured): void {
  const { approveToMergeMs, mergeToGrantedMs, deadlineToRemovedMs, authorizationsVerified, removalProof } = measured;
  const row = (name: string, value: string) => tell.note(`  ${name.padEnd(38)}${value}`);
  tell.step('All of it held. Measured in this run:', 'good');
  row('approval → merged', `${approveToMergeMs} ms`);
  row('merged → access confirmed by AWS', `${mergeToGrantedMs} ms`);
  row('deadline → denied by AWS', 'at once, with the app dead');
  row('deadline → removed and proved', `${deadlineToRemovedMs} ms, with the app running`);
  row('answers of AWS in the first proof', String(removalProof.requestIds.length));
  row('authorizations verified from a clone', String(authorizationsVerified));
  tell.plain('');
}

function result(engine: Versions, measured: Measured) {
  return { engine, standIns: ['github.com', 'AWS IAM Identity Center', 'pulumi-resource-aws'], ...measured };
}
