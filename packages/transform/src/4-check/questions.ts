/** Questions about nodes of one file, to types or symbols. Those that are wanted go together when the first of them is looked at. */
import type * as t from '@babel/types';
import { childrenOf } from '../1-parse/hoist.ts';
import { unwrap } from '../1-parse/scope.ts';
import type { Span, Type, TypeSymbol } from './type-model.ts';

export class Questions<T> {
	readonly #ask: (spans: readonly Span[]) => readonly (T | undefined)[];
	readonly #known = new Map<number, T | undefined>();
	readonly #wanted = new Map<number, Span>();

	constructor(ask: (spans: readonly Span[]) => readonly (T | undefined)[]) {
		this.#ask = ask;
	}

	want(node: t.Node | null): void {
		const span = node && spanOf(node);
		if (!span) return;
		const key = keyOf(span);
		if (!this.#known.has(key)) this.#wanted.set(key, span);
	}

	/** Undefined where lowering made the node, or TypeScript sees no node there. */
	at(node: t.Node | null): T | undefined {
		const span = node && spanOf(node);
		if (!span) return undefined;
		const key = keyOf(span);
		if (!this.#known.has(key)) {
			this.#wanted.set(key, span);
			this.#fetch();
		}
		return this.#known.get(key);
	}

	#fetch(): void {
		const answers = this.#ask([...this.#wanted.values()]);
		let next = 0;
		for (const key of this.#wanted.keys()) this.#known.set(key, answers[next++]);
		this.#wanted.clear();
	}
}

export type TypeQuestions = Questions<Type>;
export type SymbolQuestions = Questions<TypeSymbol>;

/** A place as one number: no file is as long as 2 ** 26. */
const keyOf = ({ start, end }: Span) => start * 2 ** 26 + end;

/** What TypeScript calls the same node: Babel's declared names reach over their types. */
export function spanOf(node: t.Node): Span | null {
	const { start, end } = node;
	if (start == null || end == null) return null;
	const annotated = node.type === 'Identifier' && (node.typeAnnotation != null || node.optional === true);
	return { start, end: annotated ? start + node.name.length : end };
}

/** Wants what is nearly always asked about the calls of durable code. Nothing is lost where it is not asked. */
export function wantCalls(root: t.Node, types: TypeQuestions, symbols: SymbolQuestions): void {
	const visit = (node: t.Node): void => {
		switch (node.type) {
			case 'CallExpression':
			case 'OptionalCallExpression':
			case 'NewExpression': {
				types.want(node);
				for (const each of node.arguments) types.want(each.type === 'SpreadElement' ? each.argument : each);
				const callee = unwrap(node.callee as t.Expression);
				const isMember = callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression';
				symbols.want(isMember ? callee.property : callee);
				if (isMember) types.want(callee.object);
				break;
			}
			case 'AwaitExpression':
				types.want(node.argument);
				break;
			case 'ForOfStatement':
				types.want(node.right);
				break;
			case 'ObjectProperty':
				types.want(node.value);
				break;
			case 'VariableDeclarator':
				types.want(node.id);
		}
		for (const child of childrenOf(node)) visit(child);
	};
	visit(root);
}
