/**
 * A random program about generators: two that delegate to one another, and a `main` that makes random
 * requests of them, one after the other and several at once. What it sees is in the order of its jobs.
 */
import { Random } from './random.ts';

export interface GeneratorPrograms {
	readonly kind: 'sync' | 'async';
	/** Effects in the bodies: a run can be dropped while requests wait. */
	readonly effects: boolean;
}

export function generateGenerators(seed: number, { kind, effects }: GeneratorPrograms): string {
	return new Writer(new Random(seed), kind === 'async', effects).program();
}

class Writer {
	readonly #random: Random;
	readonly #async: boolean;
	readonly #effects: boolean;
	#name = 0;
	/** Bodies may run for long when loops are nested. */
	#loops = 0;
	#delegates: string[] = [];

	constructor(random: Random, isAsync: boolean, effects: boolean) {
		this.#random = random;
		this.#async = isAsync;
		this.#effects = effects;
	}

	program(): string {
		const star = this.#async ? 'async function*' : 'function*';
		const inner = this.#body(3);
		this.#delegates = ['inner(log)', "[1, 'two']"];
		if (this.#async) this.#delegates.push('plain(log)', "[Promise.resolve('p')]", 'foreign(log)');
		else this.#delegates.push('foreign(log)');
		const outer = this.#body(3);
		this.#delegates.push('outer(log, foreign)');
		const made = this.#body(2);
		return `import { eff } from '#trace';
type Log = (...line: unknown[]) => unknown;
${star} inner(log: Log): any {
	"use durable";
${inner}
}
function* plain(log: Log): any {
	"use durable";
	try {
		log('plain', yield ${this.#async ? "Promise.resolve('a')" : "'a'"});
		log('plain', yield 'b');
	} finally {
		log('plain closed');
	}
}
${star} outer(log: Log, foreign: any): any {
	"use durable";
${outer}
}
export async function main() {
	"use durable";
	const lines: unknown[] = [];
	const log = (...line: any[]) => lines.push(line.map((each) => (each instanceof Promise ? 'a promise' : each)));
	const foreign = (log: Log) => ({
		left: 3,
		[Symbol.${this.#async ? 'asyncIterator' : 'iterator'}]() { return this; },
		next(value: unknown) { return log('foreign next', value), { value: this.left, done: this.left-- === 0 }; },
		${this.#random.chance(0.5) ? "return(value: unknown) { return log('foreign return', value), { value, done: true }; }," : ''}
		${this.#random.chance(0.3) ? "throw(error: any) { return log('foreign throw', error.message), { value: 'handled', done: this.left % 2 === 0 }; }," : ''}
	});
	const made = ${star} (): any {
${made}
	};
	const its = [inner(log), outer(log, foreign), made()];
	const tell = (tag: string, promise: any) => promise.then((item: unknown) => log(tag, item), (error: any) => log(tag, 'failed', String(error && error.message)));
	const ask = (tag: string, make: () => unknown) => { try { log(tag, make()); } catch (error: any) { log(tag, 'failed', error.message); } };
${this.#random.times(4 + this.#random.int(5), (i) => this.#batch(i)).join('\n')}
	return lines;
}
`;
	}

	#batch(index: number): string {
		// Beside an effect another generator may get further in a run: what is effects' own is no job.
		const only = this.#effects ? this.#random.int(3) : null;
		const requests = this.#random.times(1 + this.#random.int(this.#async ? 4 : 2), (i) => {
			const tag = `${index}.${i}`;
			const it = `its[${only ?? this.#random.int(3)}]`;
			const call = this.#random.make<string>([
				[6, () => `${it}.next('${tag}')`],
				[1, () => `${it}.return('${tag}')`],
				[this.#async ? 1 : 0, () => `${it}.return(Promise.resolve('${tag}'))`],
				[2, () => `${it}.throw(new Error('${tag}'))`],
			]);
			return this.#async ? `tell('${tag}', ${call})` : `ask('${tag}', () => ${call});`;
		});
		const asked = this.#async ? `	await Promise.all([${requests.join(', ')}]);` : `	${requests.join(' ')}`;
		return this.#random.chance(0.6) ? `${asked}\n	await eff('turn ${index}');` : asked;
	}

	#body(depth: number): string {
		return this.#random
			.times(1 + this.#random.int(3), () => this.#statement(depth))
			.map((line) => `\t${line}`)
			.join('\n');
	}

	#statement(depth: number): string {
		const d = depth - 1;
		return this.#random.make<string>([
			[5, () => `log('${this.#tag()}', ${this.#value()});`],
			[3, () => `${this.#value()};`],
			[1, () => `if (${this.#value()}) { ${this.#inside(d)} } else { ${this.#inside(d)} }`],
			[depth > 0 && this.#loops < 2 ? 2 : 0, () => this.#loop(d)],
			[depth > 0 ? 3 : 0, () => this.#try(d)],
			[depth > 0 ? 1 : 0, () => `const [${this.#variable()} = ${this.#value()}] = [${this.#value()}];`],
			[depth < 3 ? 1 : 0, () => `return ${this.#value()};`],
			[depth < 3 ? 1 : 0, () => `throw new Error('${this.#tag()}');`],
		]);
	}

	#inside(depth: number): string {
		if (depth <= 0) return `log('${this.#tag()}', ${this.#value()});`;
		return this.#random.times(1 + this.#random.int(2), () => this.#statement(depth)).join(' ');
	}

	#loop(depth: number): string {
		this.#loops++;
		const v = this.#variable();
		const head = this.#random.pick([
			`for (let ${v} = 0; ${v} < 2; ${v}++)`,
			`for (const ${v} of [1, 2])`,
			`for (const ${v} of plain(log))`,
		]);
		const leave = this.#random.chance(0.3) ? ` if (${this.#value()}) ${this.#random.pick(['break', 'continue'])};` : '';
		const text = `${head} { log('${v}', ${v});${leave} ${this.#inside(depth)} }`;
		this.#loops--;
		return text;
	}

	#try(depth: number): string {
		const e = this.#variable();
		const handler = `catch (${e}: any) { log('caught', ${e}.message); ${this.#inside(depth)} }`;
		const closing = `finally { log('${this.#tag()}'); ${this.#random.chance(0.5) ? this.#inside(depth) : ''} }`;
		const way = this.#random.int(3);
		return `try { ${this.#inside(depth)} } ${way === 0 ? handler : way === 1 ? closing : `${handler} ${closing}`}`;
	}

	#value(): string {
		const { length } = this.#delegates;
		return this.#random.make<string>([
			[6, () => `(yield '${this.#tag()}')`],
			[2, () => `'${this.#tag()}'`],
			[1, () => `[${this.#value()}, ${this.#value()}]`],
			[1, () => '(yield)'],
			[length > 0 ? 2 : 0, () => `(yield* ${this.#random.pick(this.#delegates)})`],
			[this.#async ? 2 : 0, () => `(await ${this.#random.chance(0.5) ? 'null' : `Promise.resolve('${this.#tag()}')`})`],
			[this.#async ? 1 : 0, () => `(yield Promise.resolve('${this.#tag()}'))`],
			[this.#async ? 1 : 0, () => `(yield Promise.reject(new Error('${this.#tag()}')))`],
			[this.#async && this.#effects ? 3 : 0, () => `(await eff('${this.#tag()}'))`],
		]);
	}

	#tag(): string {
		return `t${this.#name++}`;
	}

	#variable(): string {
		return `v${this.#name++}`;
	}
}
