import type { StoredBytes } from '../ports/store.ts';
import type { Data, Run } from './data.ts';

const FIELDS = ['waits', 'progress', 'outcome', 'event'] as const;

export async function* blobs(data: Data): AsyncGenerator<StoredBytes> {
	for (const run of [...data.runs.values()]) yield* blobsOf(run);
	for (const event of [...data.outbox]) {
		yield blob(event.runId, 'outbox', event.event, (bytes) => Object.assign(event, { event: bytes }));
	}
}

function* blobsOf(run: Run): Generator<StoredBytes> {
	for (const field of FIELDS) {
		const before = run[field];
		if (before === null) continue;
		yield blob(run.id, field, before, (bytes) => {
			if (run[field] !== before) return false;
			run[field] = bytes;
			return true;
		});
	}
	const { input } = run;
	yield blob(run.id, 'state', input, (bytes) => {
		if (run.input !== input) return false;
		// Before the first turn it is the state too.
		run.state = run.state.map((other) => (other === input ? bytes : other));
		run.input = bytes;
		return true;
	});
	for (const part of run.state) {
		if (part === run.input) continue;
		yield blob(run.id, 'state', part, (bytes) => {
			if (!run.state.includes(part)) return false;
			run.state = run.state.map((other) => (other === part ? bytes : other));
			return true;
		});
	}
	for (const piece of [...run.log]) {
		yield blob(run.id, 'log', piece, (bytes) => {
			const at = run.log.indexOf(piece);
			return at >= 0 && run.log.splice(at, 1, bytes);
		});
	}
	for (const mail of [...run.mail]) {
		// Of an end nothing is kept, nor of what was consumed.
		if (mail.payload.length === 0) continue;
		yield blob(run.id, 'mail', mail.payload, (bytes) => {
			const at = run.mail.findIndex(({ payload }) => payload === mail.payload);
			return at >= 0 && run.mail.splice(at, 1, { ...run.mail[at]!, payload: bytes });
		});
	}
}

function blob(
	runId: string,
	field: StoredBytes['field'],
	bytes: Uint8Array,
	replace: (bytes: Uint8Array) => unknown,
): StoredBytes {
	return { runId, field, bytes, replace: async (renewed) => Boolean(replace(renewed)) };
}
