/** Graphs written by hand, for tests of single passes: opaque code and operands as source text. */
import { parse, parseExpression } from '@babel/parser';
import type * as t from '@babel/types';
import type {
	Block,
	CallOperation,
	Graph,
	Operation,
	Place,
	Site,
	Terminal,
	Variable,
} from '../../packages/transform/src/2-lower/cfg.ts';

/** Opaque code, and the terminal last. */
export type BlockText = readonly (string | Terminal)[];

export interface GraphText {
	readonly variables: readonly (string | (Partial<Variable> & { readonly name: string }))[];
	readonly blocks: Readonly<Record<number, BlockText>>;
	/** By block: what catches. */
	readonly handlers?: Readonly<Record<number, number>>;
	readonly args?: string;
}

export function graph({ variables, blocks, handlers = {}, args = 'args' }: GraphText): Graph {
	const all = variables.map(
		(variable): Variable => ({
			slot: typeof variable === 'string' ? variable : variable.name,
			temporary: null,
			source: null,
			cell: false,
			reload: null,
			declaration: null,
			...(typeof variable === 'string' ? { name: variable } : variable),
		}),
	);
	const made = Object.entries(blocks).map(([key, text]): [number, Block] => {
		const id = Number(key);
		const end = text.at(-1) as Terminal;
		const body = text.slice(0, -1).flatMap((source) => statements(source as string));
		return [id, { id, body, end, handler: handlers[id] ?? null, guards: [], loops: [] }];
	});
	return {
		entry: made[0]![0],
		blocks: new Map(made),
		variables: new Map(all.map((variable) => [variable.name, variable])),
		parameters: { args, self: null, env: [] },
		starts: [],
	};
}

export const goto = (to: number): Terminal => ({ kind: 'goto', to });

export const branch = (test: string, yes: number, no: number): Terminal => ({
	kind: 'branch',
	test: expression(test),
	yes,
	no,
});

export const give = (value: string | null): Terminal => ({
	kind: 'return',
	value: value === null ? null : expression(value),
});

/** `await value`, or an awaited call if that is what `source` is. */
export function suspend(source: string, result: string | null, to: number): Terminal {
	const node = expression(source);
	return { kind: 'suspend', point: place(node), op: operation(node), result, to };
}

export const tail = (source: string): Terminal => ({
	kind: 'tail',
	op: operation(expression(source)) as CallOperation,
});

export function expression(source: string): t.Expression {
	return withMarks(parseExpression(plain(source)) as unknown as t.Expression);
}

/** Marks are written `$$name`, which parses. */
function plain(source: string): string {
	return source.replaceAll('%', '$$$$');
}

export function statements(source: string): t.Statement[] {
	const file = parse(`$$0: $$1: $$2: $$3: $$4: $$5: for (;;) {${plain(source)}\n}`, {
		allowReturnOutsideFunction: true,
	});
	let node = file.program.body[0] as unknown as t.Statement;
	while (node.type === 'LabeledStatement') node = node.body;
	const { body } = (node as t.ForStatement).body as t.BlockStatement;
	return body.map(withMarks);
}

function operation(node: t.Expression): Operation {
	if (node.type !== 'CallExpression') return { kind: 'value', value: node };
	const callee = node.callee as t.Expression;
	return {
		kind: 'call',
		site: site(node),
		callee,
		self: callee.type === 'MemberExpression' ? (callee.object as t.Expression) : null,
		args: node.arguments as t.Expression[],
		key: null,
	};
}

function site(node: t.CallExpression): Site {
	return { ...place(node), name: 'callee', reload: [null, node.callee as t.Expression], loops: [] };
}

function place(node: t.Node): Place {
	return { node, chain: [], loc: node.loc ?? null };
}

function withMarks<N extends t.Node>(node: N): N {
	const text = JSON.stringify(node, (_, value) =>
		typeof value === 'string' && value.startsWith('$$') ? `%${value.slice(2)}` : value,
	);
	return JSON.parse(text) as N;
}
