import type * as t from '@babel/types';
import { assign, binary, block, id, number, statement } from './build.ts';
import type { Frame } from './frame.ts';
import { rewriteStatement } from './rewrite-statement.ts';
import { type Jumps, uniqueName, withCode } from './unit.ts';

/** A jump that leaves an opaque statement, to be made behind it. */
interface Way {
	readonly number: number;
	readonly make: () => t.Statement;
}

/**
 * A statement that does not suspend, as it stands. Where it jumps to a block of the graph, the step
 * says so (`pc = 3`, `f.done = true`) and goes. But a native `finally`, or a native iterator that is
 * closed, runs in between: it may throw, or jump elsewhere, and must find the step as it was. So a jump
 * that passes one only notes where it goes, and is made behind the statement:
 * `$out: { <statement>; $jump = 0; } if ($jump === 1) ...`
 */
export function opaqueStatement(frame: Frame, node: t.Statement, labels: readonly string[]): t.Statement[] {
	const ways = new Map<string, Way>();
	let names: { readonly out: string; readonly jump: string; readonly result: string } | null = null;
	const note = (key: string, make: () => t.Statement, value?: t.Expression): t.Statement => {
		names ??= {
			out: uniqueName(frame.unit, '$out'),
			jump: frame.temporary('jump', node),
			result: frame.temporary('result', node),
		};
		const way = ways.get(key) ?? { number: ways.size + 1, make };
		ways.set(key, way);
		return block([
			...(value ? [statement(assign(id(names.result), value))] : []),
			statement(assign(id(names.jump), number(way.number))),
			{ type: 'BreakStatement', label: id(names.out) } as t.BreakStatement,
		]);
	};
	const passing = {
		leave: (jump: t.BreakStatement | t.ContinueStatement) =>
			note(`${jump.type} ${jump.label?.name ?? ''}`, () => frame.jumps.leave(jump)),
		complete: (value: t.Expression | null) =>
			value
				? note('value', () => frame.jumps.complete(id(names!.result)), value)
				: note('return', () => frame.jumps.complete(null)),
	};
	const jumps: Jumps = { ...frame.jumps, passing };
	const statements = rewriteStatement(withCode(frame, { jumps }), node, labels);
	if (names === null) return statements;
	const { out, jump } = names as { out: string; jump: string };
	const whole = block([...statements, statement(assign(id(jump), number(0)))]);
	return [
		{ type: 'LabeledStatement', label: id(out), body: whole } as t.LabeledStatement,
		...[...ways.values()].map(
			(way) =>
				({
					type: 'IfStatement',
					test: binary('===', id(jump), number(way.number)),
					consequent: way.make(),
					alternate: null,
				}) as t.IfStatement,
		),
	];
}
