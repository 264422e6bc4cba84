/**
 * What a worker thread of an engine executes: imports the entry module, which defines the durable functions, and drives
 * their runs. The entry may export `handlers` and `log`, as `createEngine` takes them: functions cross no thread.
 */
import { workerData } from 'node:worker_threads';
import { Changes } from './client/changes.ts';
import { ChildRun } from './client/child-run.ts';
import { RunHandle } from './client/handle.ts';
import { type LogOptions, logRules } from './machine/log-options.ts';
import { realClock, realRandom } from './ports/clock.ts';
import { type Handler, handlerMap } from './registry/handlers.ts';
import { Asking, remoteSession } from './worker/remote-session.ts';
import type { ThreadData } from './worker/threads.ts';
import { Worker } from './worker/worker.ts';

const { port, entry, options, log, replaying, ahead, transactions } = workerData as ThreadData;
const imported: { readonly handlers?: readonly Handler[]; readonly log?: LogOptions } = await import(entry);

const handlers = handlerMap(imported.handlers);
const changes = new Changes(realClock);
let asking: Asking = undefined as never;
const remote = remoteSession(
	() => asking,
	() => realClock.now() + ahead,
	transactions,
);
const { session } = remote;
const rules = logRules(imported.log ?? log);
const host = { session: async () => session, random: realRandom, changes, handlers, rules };
const worker = new Worker(
	{
		session,
		clock: realClock,
		random: realRandom,
		handlers,
		rules,
		runs: { get: (id: string) => new RunHandle(host, id) },
		child: (id, functionId) => new ChildRun(id, functionId),
		gateOf: remote.gateOf,
		replaying,
		warn: (text) => process.emitWarning(text, { type: 'PerdureWarning' }),
	},
	options,
);

asking = new Asking(port, {
	...remote.tasks,
	begin: () => worker.begin(),
	answers() {},
	async close(grace: number): Promise<boolean> {
		changes.closing();
		const written = await worker.close(grace);
		changes.close();
		return written;
	},
});

port.on('message', ({ heard, runId }: { readonly heard?: string; readonly runId?: string | null }) => {
	if (heard === 'due') worker.due();
	else if (heard === 'expired') worker.expired();
	else if (heard === 'mail') worker.mail(runId!);
	else if (heard === 'moved') changes.moved(runId ?? null);
});
