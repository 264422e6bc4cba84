import type * as t from '@babel/types';
import { suspends } from '../1-parse/suspends.ts';
import { suspendAt } from './awaits.ts';
import { assign, at, call, helper, id, member, nothing, number, statement, text } from './build.ts';
import { type Finally, jumpFrom, nameOfJump } from './exits.ts';
import type { Frame } from './frame.ts';
import { lowerNamed } from './literals.ts';
import { rewriteNamed } from './rewrite-assignment.ts';
import { bindingsOf } from './rewrite-declaration.ts';
import { siteNumber } from './starts.ts';

export type Using = t.VariableDeclaration & { readonly kind: 'using' | 'await using' };

export function isUsing(node: t.Node): node is Using {
	return node.type === 'VariableDeclaration' && (node.kind === 'using' || node.kind === 'await using');
}

/** `using x = value` (ECMA-262 2026): what it is disposed by is read before the name gets its value. */
export function lowerUsing(frame: Frame, declaration: Using, node: t.VariableDeclarator): void {
	const name = node.id as t.Identifier;
	const init = node.init!;
	const value = suspends(init, frame.unit.memo)
		? lowerNamed(frame, init, name.name)
		: rewriteNamed(frame, init, name.name);
	const added = addResource(frame, declaration, name, value);
	const binding = bindingsOf(frame, name)[0]!;
	frame.emit(at(frame.initialise(binding, added), node));
}

export function addResource(frame: Frame, { kind }: Using, name: t.Identifier, value: t.Expression): t.Expression {
	const add = kind === 'using' ? 'add' : 'addAsync';
	return call(member(id(frame.region.resources!), add), [value, text(name.name)]);
}

/**
 * A scope from its first `using` to its end: what it declares is disposed of as in a `finally`, last
 * first. Errors are gathered in the record; other completions are those of lowerTry. `role` tells the
 * scope of a loop's head from that of its body.
 */
export function lowerDisposing(
	frame: Frame,
	used: readonly Using[],
	role: 'using' | 'for' | 'head',
	lower: () => void,
) {
	const outer = frame.region;
	const after = frame.block();
	frame.region = { ...outer, path: [...outer.path, role] };
	const resources = frame.scoped('resources');
	const completion = frame.scoped('completion');
	const value = frame.scoped('value');
	frame.region = outer;
	frame.emit(statement(assign(id(resources), call(helper('resources'), []))));

	const disposing = {
		...outer,
		chain: [...outer.chain, 'dispose'],
		guards: [...outer.guards, 'finally' as const],
	};
	const entry = frame.block(disposing);
	const thrown = frame.block(disposing);
	const record: Finally = {
		kind: 'finally',
		entry: entry.id,
		completion,
		value,
		jumps: new Map(),
		outer: outer.exits,
	};
	const { chain } = frame.around('using');
	frame.inside({ chain, resources, exits: record, handler: thrown.id }, () => {
		frame.enter(frame.block());
		lower();
		if (!frame.current) return;
		if (record.jumps.size > 0) {
			frame.emit(statement(assign(id(value), nothing())), statement(assign(id(completion), text('normal'))));
		}
		frame.goto(entry);
	});

	frame.current = thrown;
	frame.emit(statement(call(member(id(resources), 'fail'), [helper('exception')])));
	// The record counts; these are set so that nothing stale is stored while the scope is run.
	if (record.jumps.size > 0) {
		frame.emit(statement(assign(id(value), nothing())), statement(assign(id(completion), text('throw'))));
	}
	frame.goto(entry);

	frame.current = entry;
	frame.inside(disposing, () => {
		const awaited = used.find(({ kind }) => kind === 'await using');
		if (awaited) lowerAwaited(frame, resources, awaited);
		else frame.emit(statement(call(member(id(resources), 'next'), [])));
		complete(frame, resources, record, outer, after.id);
	});
	frame.current = after;
}

/** Disposes one by one, as long as there is one to wait for. */
function lowerAwaited(frame: Frame, resources: string, declaration: Using): void {
	const { id: name } = declaration.declarations[0]!;
	const head = frame.block();
	const failed = frame.block();
	const done = frame.block();
	const asked = frame.block({ ...frame.region, handler: failed.id });
	frame.enter(head);
	frame.branch(call(member(id(resources), 'next'), []), asked, done);
	frame.current = asked;
	frame.inside({ handler: failed.id }, () => {
		const called = `${(name as t.Identifier).name}[Symbol.asyncDispose]`;
		const site = siteNumber(frame, name, { site: { name: called, reload: null, key: null } });
		const value = call(member(id(resources), 'dispose'), [helper('frame'), number(site)]);
		suspendAt(frame, { kind: 'value', value }, null, name, declaration);
		frame.goto(head);
	});
	frame.current = failed;
	frame.emit(statement(call(member(id(resources), 'fail'), [helper('exception')])));
	frame.goto(head);
	frame.current = done;
}

/** Behind the disposal: the error that there is now, or the completion that the scope was left with. */
function complete(frame: Frame, resources: string, record: Finally, outer: Frame['region'], after: number): void {
	const rethrow = frame.block(outer);
	const go = frame.block();
	frame.branch(member(id(resources), 'failed'), rethrow, go);
	frame.current = rethrow;
	frame.end({ kind: 'throw', value: member(id(resources), 'error') });
	const cases: [string, number][] = [];
	for (const jump of record.jumps.values()) {
		const way = frame.block(outer);
		frame.current = way;
		frame.region = outer;
		jumpFrom(frame, record.outer, jump, jump.kind === 'return' ? id(record.value) : null);
		cases.push([nameOfJump(jump), way.id]);
	}
	frame.current = go;
	if (cases.length === 0) frame.end({ kind: 'goto', to: after });
	else frame.end({ kind: 'dispatch', on: id(record.completion), cases, otherwise: after });
}
