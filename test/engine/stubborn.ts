// A child that hears neither abort nor SIGTERM, floods its output, and starts a plugin that has left its process group.
import { spawn } from 'node:child_process';

process.on('SIGTERM', () => undefined);
// A full pipe is no reason to stop.
process.on('uncaughtException', () => undefined);
const plugin = `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000)`;
process.on('message', (message: { kind: string }) => {
  if (message.kind !== 'start') return;
  spawn(process.execPath, ['-e', plugin], { detached: true, stdio: 'ignore' }).unref();
  const line = `Error: ${'x'.repeat(65_536)}\n`;
  const flood = (): void => {
    for (let i = 0; i < 20; i++) process.stderr.write(line);
    process.send?.({ kind: 'progress', progress: { kind: 'step', text: 'x'.repeat(10_000) } }, () => undefined);
    setImmediate(flood);
  };
  flood();
});
