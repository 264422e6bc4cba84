/**
 * Programs that take their time: nested `try`, loops, concurrent fibers, generators, effects with and without
 * policies, so that a cancellation finds them in any position. Each suspension point is labelled by what the
 * language says of it after a cancellation: `plain` points are then passed no more, those of clean-up are.
 *
 * What a program notes: `in k` and `out k` around the k-th `try` that was entered; the effects note themselves.
 */
import { Random } from './random.ts';

interface Place {
	readonly depth: number;
	/** In a `finally`, in a `catch`, or in a function that is called from there only. */
	readonly cleaning: boolean;
	readonly loop: boolean;
	/** In no loop, nor in a function that is called from one: what would multiply. */
	readonly once: boolean;
	/** Functions that may be called: those written before. */
	readonly below: number;
}

const PROLOGUE = `import { sleep } from '@perdure/runtime';
import { eff, flaky, next, note } from 'world';
`;

export function generateCancellable(seed: number): string {
	return new Generator(new Random(seed)).program();
}

class Generator {
	readonly #random: Random;
	#labels = 0;
	/** Bodies of functions that may be called, by whether only clean-up calls them. */
	readonly #functions = { plain: 0, clean: 0 };

	constructor(random: Random) {
		this.#random = random;
	}

	program(): string {
		const parts = [PROLOGUE];
		for (let i = 0; i < 2; i++) {
			parts.push(this.#function('clean'), this.#function('plain'));
		}
		parts.push(this.#generator());
		const place: Place = { depth: 3, cleaning: false, loop: false, once: true, below: 2 };
		parts.push(
			`export async function main() { "use durable";\n${this.#block(place)}${this.#attempt(place)}return 'done';\n}`,
		);
		return parts.join('\n');
	}

	#function(kind: 'plain' | 'clean'): string {
		const below = this.#functions[kind];
		const place: Place = { depth: 2, cleaning: kind === 'clean', loop: false, once: false, below };
		const text = `async function ${kind}${below}() { "use durable";\n${this.#block(place)}return '${kind}';\n}`;
		this.#functions[kind]++;
		return text;
	}

	#generator(): string {
		const place: Place = { depth: 1, cleaning: false, loop: false, once: false, below: 0 };
		return `async function* gen0() { "use durable";
const k = next(); note('in', k);
try { yield 1; ${this.#block(place)} yield 2; ${this.#effect(place)} yield 3; } finally { note('out', k); ${this.#effect({ ...place, cleaning: true })} }
}`;
	}

	#block(place: Place): string {
		return Array.from({ length: 1 + this.#random.int(3) }, () => this.#statement(place)).join('');
	}

	#statement(place: Place): string {
		const deep = place.depth > 0;
		const choices: (() => string)[] = [
			() => this.#effect(place),
			() => this.#effect(place),
			() => `await sleep(${this.#time()});\n`,
			() => `await flaky('${this.#label(place)}', ${this.#random.int(3)});\n`,
			...(place.below > 0 ? [() => this.#call(place)] : []),
			...(place.loop ? [() => `if (next() % 3 === 0) ${this.#random.int(2) ? 'break' : 'continue'};\n`] : []),
			...(deep
				? [
						() => this.#attempt(place),
						() => this.#attempt(place),
						() => this.#concurrent(place),
						...(place.once ? [() => this.#loop(place)] : []),
						...(place.once && !place.cleaning ? [() => this.#stream(place)] : []),
					]
				: []),
		];
		return choices[this.#random.int(choices.length)]!();
	}

	#effect(place: Place): string {
		const manner = ['obeys', 'deaf', 'deaf', 'fails', 'stuck'][this.#random.int(5)];
		return `await eff('${this.#label(place)} ${manner}', ${this.#time()})${manner === 'fails' ? '.catch(() => {})' : ''};\n`;
	}

	#call({ cleaning, once, below }: Place): string {
		const name = `${cleaning ? 'clean' : 'plain'}${this.#random.int(below)}`;
		const forms = [
			`await ${name}();\n`,
			`${name}();\n`,
			`{ const p = ${name}(); await sleep(${this.#time()}); await p; }\n`,
		];
		return forms[this.#random.int(once ? forms.length : 1)]!;
	}

	#attempt(place: Place): string {
		const inside = { ...place, depth: place.depth - 1 };
		const cleaning = { ...inside, depth: Math.min(inside.depth, 1), cleaning: true, loop: false, once: false };
		const body = `{ const k = next(); note('in', k);\ntry {\n${this.#block(inside)}}`;
		const caught = [
			"note('caught');\n",
			this.#block(cleaning),
			'throw error;\n',
			`${this.#effect(cleaning)}throw error;\n`,
		];
		const handler = ` catch (error) {\n${caught[this.#random.int(caught.length)]}}`;
		const last = ` finally {\nnote('out', k);\n${this.#random.int(3) > 0 ? this.#block(cleaning) : ''}}`;
		return `${body}${this.#random.int(2) ? handler : ''}${last} }\n`;
	}

	#loop(place: Place): string {
		const inside = { ...place, depth: place.depth - 1, loop: true, once: false };
		const swallow = this.#random.int(2) > 0;
		const block = this.#block(inside);
		const body = swallow ? `try {\n${block}} catch { note('swallowed'); }\n` : block;
		return `for (let i = 0; i < 2; i++) {\n${body}}\n`;
	}

	#concurrent(place: Place): string {
		const inside = { ...place, depth: place.depth - 1, loop: false };
		const method = ['all', 'allSettled', 'race', 'any'][this.#random.int(4)];
		const branch = () => `(async () => {\n${this.#block(inside)}return 1;\n})()`;
		const effect = `eff('${this.#label(place)} deaf', ${this.#time()})`;
		return `await Promise.${method}([${branch()}, ${this.#random.int(2) ? effect : branch()}]);\n`;
	}

	#stream(place: Place): string {
		const inside = { ...place, depth: place.depth - 1, loop: true, once: false };
		return `for await (const x of gen0()) {\nif (x > 2) break;\n${this.#block(inside)}}\n`;
	}

	#label({ cleaning }: Place): string {
		return `${cleaning ? 'clean' : 'plain'}${++this.#labels}`;
	}

	#time(): number {
		return 1 + this.#random.int(5);
	}
}
