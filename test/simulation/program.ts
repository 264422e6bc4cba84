import { runInNewContext } from 'node:vm';
import { Random } from '../support/generate/random.ts';

/**
 * A generated durable program over a world whose answers depend on nothing but the question, so that
 * executing it as a plain function tells how every run of it must end, whatever happens to its processes.
 * Every call says who it is: the path of function calls, and the counters of the loops around it.
 */
export interface SimulatedProgram {
	readonly source: string;
	/** Runs it as a plain async function. */
	plain(world: PlainWorld): Promise<unknown>;
}

/** What a program emits: which call did, and in which branch, where order is the program's. */
export interface Emitted {
	readonly at: string;
	readonly call: string;
}

type Part = (at: string) => Promise<unknown>;

export interface PlainWorld {
	work(call: string): Promise<string>;
	/** As `work`, of a service that fails now and then and is tried again by policy. */
	steady(call: string): Promise<string>;
	/** Writes a row, once, or fails and writes none. */
	book(call: string): Promise<string>;
	/** A live thing of that name, and what is done with it. */
	hold(call: string): unknown;
	use(held: unknown): Promise<string>;
	emit(event: Emitted): Promise<void>;
	suspend(call: string): Promise<string>;
	receive(name: string): Promise<string>;
	sleep(ms: number): Promise<void>;
	mark(label?: string): Promise<void>;
	start(part: Part, args: [at: string]): Promise<{ result(): Promise<unknown> }>;
	currentRun(): { readonly id: string };
}

interface Place {
	readonly depth: number;
	/** Variables of the loops around. */
	readonly counters: readonly string[];
	/** A rejection here would race those of other branches, and nobody could say which wins. */
	readonly mayThrow: boolean;
	/** Branches and children may be started here. */
	readonly mayBranch: boolean;
}

const PRIMITIVES = ['currentRun', 'emit', 'mark', 'receive', 'sleep', 'start', 'suspend'] as const;
const WORLD = ['book', 'hold', 'steady', 'use', 'work'] as const;
const NAMES = [...PRIMITIVES, ...WORLD] as const;

export function generate(seed: number): SimulatedProgram {
	const random = new Random(seed);
	let numbers = 0;
	const next = () => ++numbers;
	const top: Place = { depth: 0, counters: [], mayThrow: true, mayBranch: true };
	const parts: string[] = [];
	for (let left = random.int(3); left > 0; left--)
		parts.push(part(`part${parts.length}`, { ...top, mayThrow: false, mayBranch: false }));
	const main = part('main', top);
	const text = [...parts, main].join('\n');

	function part(name: string, place: Place): string {
		return `async function ${name}(at) { "use durable";
	const out = [];
	${block(place)}
	return out;
}`;
	}

	function block(place: Place): string {
		return random.times(1 + random.int(3), () => statement(place)).join('\n\t');
	}

	/** Unique in its run: where it stands, and in which iteration. */
	function call({ counters }: Place): string {
		return `\`\${at}/${[next(), ...counters.map((counter) => `\${${counter}}`)].join('.')}\``;
	}

	function statement(place: Place): string {
		const inner = { ...place, depth: place.depth + 1 };
		const nested = place.depth < 3 ? 1 : 0;
		return random.make<string>([
			[5, () => (place.mayThrow ? `out.push(await work(${call(place)}));` : guarded(place))],
			[2, () => guarded(place)],
			[2, () => guarded(place, 'book')],
			[2, () => `out.push(await steady(${call(place)}));`],
			[2, () => `await emit({ at, call: ${call(place)} });`],
			[1, () => `await mark('${random.pick(['here', 'there'])}');`],
			[2, () => `await sleep(${random.int(300)});`],
			[2, () => `out.push(await suspend(${call(place)}));`],
			[2, () => 'out.push(await receive(at));'],
			[nested * 2, () => loop(inner)],
			[nested, () => `if (out.length % 2 === ${random.int(2)}) { ${block(inner)} } else { ${block(inner)} }`],
			[nested * 2, () => cleaned(inner)],
			[nested, () => held(inner)],
			[nested * (place.mayBranch ? 3 : 0), () => branches(inner)],
			[parts.length * (place.mayBranch ? 2 : 0), () => child(place)],
		]);
	}

	function guarded(place: Place, by: 'work' | 'book' = 'work'): string {
		return `try { out.push(await ${by}(${call(place)})); } catch (e) { if (e.name === 'CancelledError') throw e; out.push('caught ' + e.message); }`;
	}

	function loop(place: Place): string {
		const counter = `i${place.depth}`;
		const inside = { ...place, counters: [...place.counters, counter] };
		return `for (let ${counter} = 0; ${counter} < ${1 + random.int(3)}; ${counter}++) { ${block(inside)} }`;
	}

	/** What was begun is always followed by its clean-up. */
	function cleaned(place: Place): string {
		const id = call(place).slice(1, -1);
		const inside = { ...place, mayThrow: place.mayThrow };
		return `try { await work(\`begin ${id}\`); ${block(inside)} } finally { await work(\`clean ${id}\`); }`;
	}

	/** A live thing is used before and after whatever comes between. */
	function held(place: Place): string {
		const name = `held${next()}`;
		return `{ const ${name} = hold(${call(place)}); out.push(await use(${name})); ${block(place)} out.push(await use(${name})); }`;
	}

	/** A run of its own, whose id says where what it is called in (`ownerOf`). */
	function child(place: Place): string {
		const at = `${call(place).slice(0, -1)}@\``;
		const started = `await start(part${random.int(parts.length)}, [${at}], { id: currentRun().id + ' ' + ${at} })`;
		if (random.chance(0.3)) return `out.push(await (${started}).result());`;
		const between = random.chance(0.5) ? block({ ...place, depth: place.depth + 1, mayBranch: false }) : '';
		return `{ const child = ${started}; ${between} ${random.chance(0.8) ? 'out.push(await child.result());' : ''} }`;
	}

	function branches(place: Place): string {
		const branch = { ...place, mayThrow: false, mayBranch: false };
		const list = random.times(2 + random.int(2), () => {
			if (parts.length > 0 && random.chance(0.5)) return `part${random.int(parts.length)}(${call(place)})`;
			return `(async (at) => { const out = []; ${block(branch)} return out; })(${call(place)})`;
		});
		return `out.push(await Promise.all([${list.join(', ')}]));`;
	}

	return {
		source: `import { ${PRIMITIVES.join(', ')} } from '@perdure/runtime';\nimport { ${WORLD.join(', ')} } from 'world';\n${text}\nexport { main };`,
		plain: (world) =>
			runInNewContext(`(({ ${NAMES.join(', ')} }) => { ${text}\nreturn main('r'); })`)(world) as Promise<unknown>,
	};
}

/** The id of the run below `root` in which a call, or the name of a message, belongs. */
export function ownerOf(root: string, at: string): string {
	const ends = [...at.matchAll(/@/g)].map(({ index }) => at.slice(0, index + 1));
	return [root, ...ends].join(' ');
}
