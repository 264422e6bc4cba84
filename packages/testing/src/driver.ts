import type { Duration, Inspection, LogEntry, Message, PendingInspection } from '@perdure/runtime';
import {
	CancelledError,
	Continuation,
	deadline,
	type Event,
	type Machine,
	NotSerializableError,
	NotSettledError,
	readLog,
} from '@perdure/runtime/simulation';
import { type Answering, answering, answerOf, cancellationOf, copyOf, messageOf } from './events.ts';
import type { Family } from './family.ts';
import type { TestRun } from './run.ts';
import type { Simulation } from './simulation.ts';
import { describe, type Standing } from './standing.ts';

/** Drives one run of a test. */
export class Driver<R> implements TestRun<R> {
	readonly #family: Family;
	readonly #simulation: Simulation;

	constructor(family: Family, simulation: Simulation) {
		this.#family = family;
		this.#simulation = simulation;
	}

	next(): Promise<Standing<R>> {
		return this.#then(() => {
			this.#family.forgive();
			return this.#family.settle();
		});
	}

	resume(...given: unknown[]): Promise<Standing<R>> {
		return this.#answer(answering(given));
	}

	throw(error: unknown, { suspension }: { readonly suspension?: string } = {}): Promise<Standing<R>> {
		return this.#answer({ ok: false, value: error, question: null, suspension });
	}

	send(message: string | Message, given?: unknown): Promise<Standing<R>> {
		return this.#deliver(() => messageOf(message, given));
	}

	cancel(reason?: unknown): Promise<Standing<R>> {
		return this.#deliver(() => cancellationOf(reason));
	}

	advance(time: Duration | Date): Promise<Standing<R>> {
		return this.#then(() => this.#family.advance(deadline(time, this.#family.clock.now())));
	}

	async result(): Promise<R> {
		const standing = await this.next();
		switch (standing.status) {
			case 'completed':
				return standing.value;
			case 'failed':
				throw standing.error;
			case 'cancelled':
				throw new CancelledError({ reason: standing.reason });
			default:
				throw new NotSettledError({ runId: this.#machine.runId, standing: this.#described() });
		}
	}

	get log(): LogEntry[] {
		return readLog(this.#simulation.log.items);
	}

	get status(): Standing<R>['status'] | 'ready' {
		return this.#began ? this.#standing().status : 'ready';
	}

	get suspensions(): readonly { readonly id: string; readonly value: unknown; readonly since: Date }[] {
		return this.#machine.waits.map(({ id, value, since }) => ({ id, value, since: new Date(since) }));
	}

	get pending(): readonly PendingInspection[] {
		return this.#machine.inspect().pending;
	}

	get now(): Date {
		return new Date(this.#family.clock.now());
	}

	get emitted(): readonly unknown[] {
		return [...this.#simulation.emitted];
	}

	get children(): readonly TestRun<unknown>[] {
		return this.#simulation.children.map((child) => new Driver(this.#family, child));
	}

	get id(): string {
		return this.#machine.runId;
	}

	get functionId(): string {
		return this.#machine.functionId;
	}

	get progress(): unknown {
		return copyOf(this.#machine.progress, 'progress');
	}

	get restarts(): number {
		return this.#simulation.restarts;
	}

	inspect(): Inspection {
		return this.#machine.inspect();
	}

	get #machine(): Machine {
		return this.#simulation.machine;
	}

	/** One call after the other, of any run; the first begins. */
	#then(act: () => Promise<void>): Promise<Standing<R>> {
		return this.#family.after(async () => {
			if (!this.#began) await this.#family.settle();
			await act();
			return this.#standing();
		});
	}

	#deliver(event: () => Event | Promise<Event>): Promise<Standing<R>> {
		return this.#then(async () => {
			const run = this.#simulation;
			if (!run.hasEnded) await this.#family.settle({ run, event: await event() });
		});
	}

	#answer(given: Answering): Promise<Standing<R>> {
		return this.#then(async () => {
			const run = this.#simulation;
			const event = await answerOf(run, given, () => this.#described());
			await this.#family.settle({ run, event });
		});
	}

	get #began(): boolean {
		return this.#machine.turn > 0 || this.#simulation.failure !== null;
	}

	#standing(): Standing<R> {
		const { failure } = this.#simulation;
		const told = { log: this.log, emitted: [...this.#simulation.emitted] };
		const records = this.#simulation.log.items;
		if (failure !== null) {
			const { error, before } = failure;
			return { status: 'failed', error, continuation: new Continuation<R>(before ?? this.#machine, records), ...told };
		}
		const { ended } = this.#machine.state;
		if (ended?.status === 'completed') return { status: 'completed', value: ended.outcome as R, ...told };
		if (ended?.status === 'cancelled') return { status: 'cancelled', reason: ended.outcome, ...told };
		const { waits } = this.#machine;
		const wakeAt = this.#simulation.wakeAt ?? this.#family.wakeAt;
		// Who waits for another run alone sleeps while time moves that one on.
		const wait = waits.find(({ kind }) => kind !== 'child') ?? (wakeAt === null ? waits[0] : undefined);
		if (wait === undefined && wakeAt === null) return { status: 'running', effects: this.pending, ...told };
		// Taken now, since the machine goes on; refused only to whoever asks for it.
		const saved = this.#saved();
		const open = {
			get continuation() {
				if (saved instanceof Uint8Array) return new Continuation<R>(saved, records);
				throw saved;
			},
			...told,
		};
		return wait === undefined
			? Object.assign(open, { status: 'sleeping' as const, until: new Date(wakeAt!) })
			: Object.assign(open, { status: 'suspended' as const, id: wait.id, value: wait.value });
	}

	#saved(): Uint8Array | NotSerializableError {
		try {
			return this.#machine.save();
		} catch (error) {
			if (NotSerializableError.is(error)) return error;
			throw error;
		}
	}

	#described(): string {
		const standing = this.#standing();
		const waits = this.#machine.waits.map(
			(wait) => [wait.id, wait.kind === 'receive' ? wait.name : wait.value] as const,
		);
		return describe(standing, this.pending, new Map(waits));
	}
}
