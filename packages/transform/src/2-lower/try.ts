import type * as t from '@babel/types';
import { assign, helper, id, nothing, statement, text } from './build.ts';
import { bindPattern, makeCells } from './declarations.ts';
import { type Finally, jumpFrom, nameOfJump } from './exits.ts';
import type { Draft, Frame } from './frame.ts';
import { bindingsOf } from './rewrite-declaration.ts';
import { lowerBlock } from './statements.ts';

/**
 * A completion of a `try` with `finally` is recorded in two variables, a string that says what was
 * to happen (`normal`, `throw`, `return`, `break:label`, …) and its value; behind the `finally`
 * body it is carried out, unless the body itself completed otherwise. Strings, since the record
 * may be stored while the body suspends, and the code may change meanwhile.
 */
export function lowerTry(frame: Frame, node: t.TryStatement): void {
	const outer = frame.region;
	const after = frame.block();
	const { chain, path } = frame.around('try');
	let closing: Finally | null = null;
	let thrown: Draft | null = null;
	let end = after;

	if (node.finalizer) {
		frame.region = { ...outer, path };
		const completion = frame.scoped('completion');
		const value = frame.scoped('value');
		frame.region = outer;
		const guarded = { ...outer, ...frame.around('finally'), guards: [...outer.guards, 'finally' as const] };
		end = frame.block(guarded);
		closing = { kind: 'finally', entry: end.id, completion, value, jumps: new Map(), outer: outer.exits };
		thrown = frame.block(outer);
	}
	const exits = closing ?? outer.exits;
	const finish = () => {
		if (!frame.current) return;
		if (closing) {
			// The value is emptied so that nothing stale is stored while the body suspends.
			frame.emit(
				statement(assign(id(closing.value), nothing())),
				statement(assign(id(closing.completion), text('normal'))),
			);
		}
		frame.goto(end);
	};

	const handler = node.handler ? frame.block(outer) : null;
	frame.inside({ chain, path, exits, handler: handler?.id ?? thrown?.id ?? outer.handler }, () => {
		frame.enter(frame.block());
		lowerBlock(frame, node.block);
		finish();
	});
	if (node.handler && handler) lowerCatch(frame, node.handler, handler, exits, thrown, finish);
	if (closing && thrown && node.finalizer) lowerFinally(frame, node.finalizer, closing, thrown, after);
	frame.current = after;
}

function lowerCatch(
	frame: Frame,
	node: t.CatchClause,
	entry: Draft,
	exits: Frame['region']['exits'],
	thrown: Draft | null,
	finish: () => void,
): void {
	const region = frame.region;
	const guards = [...region.guards, entry.id];
	const handler = thrown?.id ?? region.handler;
	// The entry itself is guarded too: the block was made before its number was known.
	frame.replace(entry, { ...region, handler, guards });
	frame.current = entry;
	frame.inside({ ...frame.around('catch'), exits, handler, guards }, () => {
		frame.openScope(frame.unit.scopes.byNode.get(node));
		if (node.param) {
			const binding = bindingsOf(frame, node.param)[0];
			if (node.param.type === 'Identifier' && binding) frame.emit(frame.initialise(binding, helper('exception')));
			else {
				makeCells(frame, node.param);
				bindPattern(frame, node.param, helper('exception'), 'declare');
			}
		}
		lowerBlock(frame, node.body);
		finish();
	});
}

function lowerFinally(frame: Frame, body: t.BlockStatement, record: Finally, thrown: Draft, after: Draft): void {
	const outer = frame.region;
	frame.current = thrown;
	frame.emit(
		statement(assign(id(record.value), helper('exception'))),
		statement(assign(id(record.completion), text('throw'))),
	);
	frame.end({ kind: 'goto', to: record.entry });

	frame.current = frame.blocks.get(record.entry)!;
	frame.inside({ ...frame.around('finally'), guards: [...outer.guards, 'finally'] }, () => {
		lowerBlock(frame, body);
		if (!frame.current) return;
		const cases: [string, number][] = [];
		const open = frame.current;
		const rethrow = frame.block(outer);
		frame.current = rethrow;
		frame.end({ kind: 'throw', value: id(record.value) });
		cases.push(['throw', rethrow.id]);
		for (const jump of record.jumps.values()) {
			const way = frame.block(outer);
			frame.current = way;
			frame.region = outer;
			jumpFrom(frame, record.outer, jump, jump.kind === 'return' ? id(record.value) : null);
			cases.push([nameOfJump(jump), way.id]);
		}
		frame.current = open;
		frame.end({ kind: 'dispatch', on: id(record.completion), cases, otherwise: after.id });
	});
}
