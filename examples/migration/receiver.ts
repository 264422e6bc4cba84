/** Takes in what other processes began, and finishes it: `receiver.ts <socket>`. Code never travels: both have it. */
import { createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Continuation, encode, formatLog } from '@perdure/runtime';
import { survey } from './survey.ts';

const server = createServer({ allowHalfOpen: true }, async (socket) => {
	try {
		const rest = Continuation.fromBytes(await buffer(socket), survey);
		console.log(`process ${process.pid}: goes on with ${rest.functionId}`);
		const outcome = await rest.resume(process.pid);
		if (outcome.status !== 'completed') throw new Error(`it is ${outcome.status}`);
		console.log(formatLog(outcome.log));
		socket.end(encode(outcome.value));
	} catch (error) {
		console.error(error);
		socket.destroy();
	}
});
server.listen(process.argv[2], () => console.log('listening'));
