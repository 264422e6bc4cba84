/**
 * What a program under test may observe. A trace is the sequence of lines written here and the
 * outcome; two ways of executing a program agree when their traces are equal. The sink lives outside
 * of the program's module, so it survives a program that is dropped and restored.
 */
import { render } from './render.ts';

export interface Trace {
	readonly lines: string[];
	/** Given to the program as the module `#trace`. */
	readonly module: TraceModule;
}

export interface TraceModule {
	/** A foreign synchronous function: part of the turn it is called in. Returns `value`. */
	log<T>(tag: string, value?: T): T;
	/** A foreign synchronous function that gives a copy, to be awaited. */
	echo<T>(tag: string, value?: T): T;
	/** A foreign asynchronous function, an effect when awaited. Resolves to a copy of `value`. */
	eff<T>(tag: string, value?: T): Promise<T>;
	/** An effect that rejects with `Error(message)`. */
	fail(tag: string, message?: string): Promise<never>;
	/** A foreign synchronous function that throws `Error(message)`. */
	boom(tag: string, message?: string): never;
	/** A user's iterable that records every step and its closing. It cannot be saved. */
	spy<T>(tag: string, values: readonly T[], broken?: 'next' | 'return' | 'value'): Iterable<T>;
	/** A key whose conversion is recorded. It cannot be saved. */
	key(tag: string, name: string): { toString(): string };
}

/** A program that goes on for longer than this is cut off, at the same line in every execution. */
const MOST_LINES = 2000;

export function createTrace(): Trace {
	const lines: string[] = [];
	const record = (tag: unknown, rest: string) => {
		const line = `${typeof tag === 'string' ? tag : render(tag)}${rest}`;
		if (lines.length >= MOST_LINES) throw new Error('the program writes too many lines');
		lines.push(line);
	};
	return {
		lines,
		module: {
			log(tag, value) {
				record(tag, ` ${render(value)}`);
				return value as never;
			},
			echo(tag, value) {
				record(tag, ` ${render(value)}`);
				return structuredClone(value) as never;
			},
			async eff(tag, value) {
				record(tag, `! ${render(value)}`);
				await null;
				// Results of effects enter a run as copies; the plain program must see a copy too.
				return structuredClone(value) as never;
			},
			async fail(tag, message = tag) {
				record(tag, `! throws ${message}`);
				await null;
				throw new Error(message);
			},
			boom(tag, message = tag) {
				record(tag, ` throws ${message}`);
				throw new Error(message);
			},
			spy: (tag, values, broken) => spyIterable(record, tag, values, broken),
			key: (tag, name) => ({
				toString() {
					record(tag, ` key ${name}`);
					return name;
				},
			}),
		},
	};
}

function spyIterable<T>(
	record: (tag: unknown, rest: string) => void,
	tag: string,
	values: readonly T[],
	broken?: 'next' | 'return' | 'value',
): Iterable<T> {
	return {
		[Symbol.iterator]() {
			record(tag, ' open');
			let index = 0;
			return {
				next() {
					record(tag, ' next');
					if (index >= values.length) return { done: true, value: undefined as never };
					if (broken === 'next' && index > 0) throw new Error(`${tag} next`);
					const value = values[index++]!;
					if (broken !== 'value') return { done: false, value };
					return {
						done: false,
						get value(): T {
							if (index > 1) throw new Error(`${tag} value`);
							return value;
						},
					};
				},
				return() {
					record(tag, ' return');
					if (broken === 'return') throw new Error(`${tag} return`);
					return { done: true, value: undefined as never };
				},
			};
		},
	};
}

// The default sink prints: a fixture may also be executed by hand.
const printing: TraceModule = (() => {
	const trace = createTrace();
	const push = trace.lines.push.bind(trace.lines);
	trace.lines.push = (...added) => {
		for (const line of added) console.log(line);
		return push(...added);
	};
	return trace.module;
})();
export const { log, echo, eff, fail, boom, spy, key } = printing;
