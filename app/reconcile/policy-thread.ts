// The thread of one examination of a policy: it answers once and ends.
import { parentPort, workerData } from 'node:worker_threads';
import { type Examination, examinePolicy } from './policy-examination.ts';

parentPort?.postMessage(examinePolicy(workerData as Examination));
