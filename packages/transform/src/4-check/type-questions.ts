/** The types at nodes of one file. Those that are wanted are fetched together when the first of them is looked at. */
import type * as t from '@babel/types';
import type { Span, Type, TypeProgram } from './type-model.ts';

export class TypeQuestions {
	readonly #program: TypeProgram;
	readonly #file: string;
	readonly #known = new Map<string, Type | undefined>();
	readonly #wanted = new Map<string, Span>();

	constructor(program: TypeProgram, file: string) {
		this.#program = program;
		this.#file = file;
	}

	want(node: t.Node | null): void {
		const span = node && spanOf(node);
		if (span && !this.#known.has(keyOf(span))) this.#wanted.set(keyOf(span), span);
	}

	/** Undefined where lowering made the node, or TypeScript sees no node there. */
	at(node: t.Node | null): Type | undefined {
		const span = node && spanOf(node);
		if (!span) return undefined;
		this.want(node);
		if (this.#wanted.has(keyOf(span))) this.#fetch();
		return this.#known.get(keyOf(span));
	}

	#fetch(): void {
		const wanted = [...this.#wanted];
		this.#wanted.clear();
		const types = this.#program.typesAt(
			this.#file,
			wanted.map(([, span]) => span),
		);
		for (const [index, [key]] of wanted.entries()) this.#known.set(key, types[index]);
	}
}

const keyOf = ({ start, end }: Span) => `${start}:${end}`;

/** What TypeScript calls the same node: Babel's declared names reach over their types. */
export function spanOf(node: t.Node): Span | null {
	const { start, end } = node;
	if (start == null || end == null) return null;
	const annotated = node.type === 'Identifier' && (node.typeAnnotation != null || node.optional === true);
	return { start, end: annotated ? start + node.name.length : end };
}
