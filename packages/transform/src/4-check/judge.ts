/**
 * The verdict on a value: what its type says, and of functions, promises and iterators in it where they
 * come from. At most one thing is wrong with a value: the nearest.
 */
import type * as t from '@babel/types';
import type { LocalFix, Related } from '../diagnostics/sink.ts';
import { EACH } from './flows.ts';
import { hostName } from './host-types.ts';
import type { Obstacle, ObstacleKind } from './obstacle.ts';
import type { Proof } from './proof.ts';
import type { Type } from './type-model.ts';
import type { Subject, Unproven } from './unproven.ts';
import type { Verdicts } from './verdict.ts';

export type AnyOption = 'error' | 'warn' | 'allow';

export type Code = 'PD3001' | 'PD3004' | 'PD3005' | 'PD3006' | 'PD3007' | 'PD3008';

export interface Wrong {
	readonly code: Code;
	/** From the value to the part: `.session.socket`. */
	readonly path: string;
	/** Of what a closure captures: a path of its own, from a variable. */
	readonly whole?: string;
	/** The part as a sentence calls it. */
	readonly what: string;
	readonly help: string;
	readonly related: readonly Related[];
	readonly fix: LocalFix | null;
	/** Told, and nothing more: `any` where the options say so. */
	readonly warning: boolean;
}

const CODES: Record<ObstacleKind, Code> = {
	value: 'PD3001',
	accessor: 'PD3001',
	unknown: 'PD3004',
	class: 'PD3005',
	iterator: 'PD3006',
	function: 'PD3007',
	made: 'PD3007',
	promise: 'PD3008',
	namespace: 'PD3001',
};

interface Judging {
	readonly verdicts: Verdicts;
	readonly proof: Proof;
	readonly any: AnyOption;
	/** The class of this file that a type is an instance of. */
	readonly classOf: (type: Type) => t.Class | null;
}

interface Asked {
	/** False where what nothing is known of is left to running. */
	readonly unknown?: boolean;
	/** Nothing else is asked about. */
	readonly only?: ObstacleKind;
}

export class Judge {
	readonly #verdicts: Verdicts;
	readonly #proof: Proof;
	readonly #any: AnyOption;
	readonly #classOf: Judging['classOf'];

	constructor({ verdicts, proof, any, classOf }: Judging) {
		this.#verdicts = verdicts;
		this.#proof = proof;
		this.#any = any;
		this.#classOf = classOf;
	}

	/**
	 * What is wrong with a value of these types (it may have any of them): an error, if there is one, behind a
	 * warning, if there is one. Without a subject nobody knows where it comes from.
	 */
	wrong(types: readonly Type[], subject: Subject | null, { unknown = true, only }: Asked = {}): Wrong[] {
		const found: Wrong[] = [];
		for (const type of types) {
			if (subject !== null && this.#isThrown(type, subject)) continue;
			const obstacles = this.#inOrder(this.#verdicts.obstacles(type), unknown);
			// Saved by its specifier, whatever its type says of its members.
			if (obstacles.length > 0 && subject !== null && this.#proof.imported(subject)) continue;
			for (const obstacle of obstacles) {
				if (only !== undefined && obstacle.kind !== only) continue;
				if (obstacle.kind === 'unknown') {
					if (!unknown || this.#any === 'allow') continue;
					const warning = this.#any === 'warn';
					if (warning && found.length > 0) continue;
					found.push(refused(obstacle, warning));
					if (!warning) return found;
					continue;
				}
				if (obstacle.kind === 'made') {
					const made = this.#classOf(obstacle.type);
					const bad = made && this.#proof.instancesOf(made);
					if (!bad) continue;
					found.push({
						...bad,
						path: obstacle.path,
						...wholeOf(bad),
						fix: bad.fix ?? null,
						warning: bad.warning ?? false,
					});
					return found;
				}
				if (obstacle.kind === 'accessor') {
					if (
						obstacle.liftable &&
						subject &&
						this.#proof.accessors({ ...subject, path: [...(subject.path ?? []), ...obstacle.keys] })
					)
						continue;
					found.push(refused(obstacle, false));
					return found;
				}
				const liftable = obstacle.liftable && subject !== null;
				const unproven = liftable ? this.#unproven(obstacle, subject) : null;
				if (liftable && unproven === null) continue;
				found.push(unproven === null ? refused(obstacle, false) : doubtful(obstacle, unproven));
				return found;
			}
		}
		return found;
	}

	/** What nothing is known of is told first, where it is an error. */
	#inOrder(obstacles: readonly Obstacle[], unknown: boolean): readonly Obstacle[] {
		const first = unknown && this.#any === 'error' && obstacles.find(({ kind }) => kind === 'unknown');
		return first ? [first] : obstacles;
	}

	/** Of a function or class by its declaration in durable code. */
	unproven(subject: Subject): Wrong | null {
		const unproven = this.#proof.functions(subject);
		return unproven && { ...unproven, path: '', ...wholeOf(unproven), fix: unproven.fix ?? null, warning: false };
	}

	/**
	 * Of what a loop is over: it keeps an iterator. One over a collection of the language's is saved as that and a
	 * place in it; one over an iterator, as the iterator; any other is the iterable's own.
	 */
	iterated(type: Type, node: t.Node): Wrong[] {
		if (this.isKeptByLoops(type)) return this.wrong([type], { node });
		const unproven = this.#proof.iterated(node);
		return unproven === null
			? []
			: [{ ...unproven, ...wholeOf(unproven), fix: unproven.fix ?? null, path: '', warning: false }];
	}

	isKeptByLoops(type: Type): boolean {
		const parts = type.kind === 'union' ? type.parts() : [type];
		return parts.every((part) => this.#verdicts.isKeptByLoops(part));
	}

	/** Of what a promise will be fulfilled with: only what can surely not be saved. */
	outcome(type: Type): Wrong | null {
		for (const { kind, type: promise } of this.#verdicts.obstacles(type)) {
			if (kind !== 'promise') continue;
			const [outcome] = promise.typeArguments();
			const bad =
				outcome && this.#verdicts.obstacles(outcome).find(({ kind }) => /^(value|accessor|class)$/.test(kind));
			if (bad) return refused(bad, false);
		}
		return null;
	}

	/** `let last: unknown; … catch (error) { last = error; }`, or a list of such: as what a catch declares. */
	#isThrown(type: Type, subject: Subject): boolean {
		if (isUnknown(type)) return this.#proof.thrown(subject);
		const list = type.kind === 'object' && hostName(type.symbol()) === 'Array' ? type.typeArguments() : [];
		return (
			list.length === 1 &&
			isUnknown(list[0]!) &&
			this.#proof.thrown({ ...subject, path: [...(subject.path ?? []), EACH] })
		);
	}

	#unproven({ kind, keys }: Obstacle, subject: Subject): Unproven | null {
		const partAt = (length: number) => ({ ...subject, path: [...(subject.path ?? []), ...keys.slice(0, length)] });
		if (keys.some((_, i) => this.#proof.imported(partAt(i + 1)))) return null;
		const of = partAt(keys.length);
		if (kind === 'namespace') return this.#proof.namespaces(of);
		if (kind === 'promise') return this.#proof.promises(of);
		return kind === 'iterator' ? this.#proof.iterators(of) : this.#proof.functions(of);
	}
}

const isUnknown = ({ kind }: Type) => kind === 'unknown' || kind === 'any';

function refused({ kind, path, what, help }: Obstacle, warning: boolean): Wrong {
	return { code: CODES[kind], path, what, help, related: [], fix: null, warning };
}

const wholeOf = (unproven: Unproven | null) => (unproven?.path === undefined ? {} : { whole: unproven.path });

/** A member of something foreign is told by its own name, and the way out for what it is a member of. */
function doubtful(obstacle: Obstacle, unproven: Unproven): Wrong {
	const { code, what, help, related, fix = null } = unproven;
	const ofMember = obstacle.path !== '' && !unproven.sure;
	return {
		code,
		path: obstacle.path,
		...wholeOf(unproven),
		what: ofMember ? obstacle.what : what,
		help: ofMember ? obstacle.help : help,
		related,
		fix,
		warning: unproven.warning ?? false,
	};
}
