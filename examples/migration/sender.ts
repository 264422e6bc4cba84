/** Begins a computation, and sends the rest of it to another process: `sender.ts <socket>`. */
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { decode, run } from '@perdure/runtime';
import { survey } from './survey.ts';

const outcome = await run(survey, [10_000]);
if (outcome.status !== 'suspended') throw new Error(`it is ${outcome.status}`);
const bytes = outcome.continuation.toBytes({ log: true });
console.log(`process ${process.pid}: ${String(outcome.value)}, the rest is ${bytes.length} bytes`);

const socket = connect(process.argv[2]!);
socket.end(bytes);
console.log(JSON.stringify(decode(await buffer(socket))));
