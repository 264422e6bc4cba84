/** A real `tsserver` of TypeScript 6, driven over its protocol as editors do. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Answer {
	readonly success: boolean;
	readonly message?: string;
	readonly body: any;
}

export interface Server extends AsyncDisposable {
	ask(command: string, args: object): Promise<Answer>;
	/** For commands that have no answer. */
	tell(command: string, args: object): void;
}

interface Message extends Answer {
	readonly type: string;
	readonly request_seq?: number;
}

export function startServer(folder: string): Server {
	const child = spawn(
		process.execPath,
		[join(folder, 'node_modules/typescript/lib/tsserver.js'), '--disableAutomaticTypingAcquisition'],
		{
			cwd: folder,
			stdio: ['pipe', 'pipe', 'inherit'],
		},
	);
	const waiting = new Map<number, (answer: Answer) => void>();
	let pending = Buffer.alloc(0);
	child.stdout.on('data', (chunk: Buffer) => {
		pending = Buffer.concat([pending, chunk]);
		for (let message = take(); message !== null; message = take()) {
			if (message.type === 'response') waiting.get(message.request_seq!)?.(message);
		}
	});

	/** The next whole message: `Content-Length: n`, an empty line, n bytes. */
	function take(): Message | null {
		const head = /^\s*Content-Length: (\d+)\r?\n\r?\n/.exec(pending.toString('latin1'));
		const end = head === null ? 0 : head[0].length + Number(head[1]);
		if (head === null || pending.length < end) return null;
		const message = JSON.parse(pending.subarray(head[0].length, end).toString('utf8'));
		pending = pending.subarray(end);
		return message;
	}

	let seq = 0;
	const tell: Server['tell'] = (command, args) => {
		child.stdin.write(`${JSON.stringify({ seq: ++seq, type: 'request', command, arguments: args })}\n`);
	};
	return {
		tell,
		ask(command, args) {
			tell(command, args);
			const { promise, resolve } = Promise.withResolvers<Answer>();
			waiting.set(seq, resolve);
			return promise;
		},
		async [Symbol.asyncDispose]() {
			const { promise, resolve } = Promise.withResolvers<void>();
			child.once('exit', () => resolve());
			child.kill();
			await promise;
		},
	};
}
