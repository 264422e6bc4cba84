import type * as t from '@babel/types';
import { assign, block, call, id, jump, member, nothing, returns, statement, text } from './build.ts';
import type { BlockId } from './cfg.ts';
import { awaitClosing } from './for-await.ts';
import type { Frame, Region } from './frame.ts';

/**
 * What a jump meets on its way out, innermost first: places that it may stop at, iterators that it
 * closes, `finally` bodies that it runs.
 */
export type Exit = Target | Closing | Finally;

interface Target {
	readonly kind: 'target';
	readonly labels: readonly string[];
	readonly breakTo: BlockId | null;
	readonly continueTo: BlockId | null;
	/** A `break` without a label stops here: not at a labelled block. */
	readonly plain: boolean;
	readonly outer: Exit | null;
}

interface Closing {
	readonly kind: 'closing';
	readonly iterator: string;
	/** Of a `for await`: what `return()` gives is awaited; the iterated expression, and the loop. */
	readonly awaited: { readonly of: t.Expression; readonly whole: t.Node } | null;
	/** The region around the loop: an error of closing is not the loop's. */
	readonly region: Region;
	/** By jump: the block that closes the iterator and goes on outward. */
	readonly ways: Map<string, BlockId>;
	readonly outer: Exit | null;
}

export interface Finally {
	readonly kind: 'finally';
	readonly entry: BlockId;
	/** The completion record: a string and what goes with it. */
	readonly completion: string;
	readonly value: string;
	readonly jumps: Map<string, Jump>;
	readonly outer: Exit | null;
}

export type Jump = { readonly kind: 'break' | 'continue'; readonly label: string | null } | { readonly kind: 'return' };

/** The string of a completion record: it is stored, so it names what the source names. */
export function nameOfJump(jump: Jump): string {
	return jump.kind === 'return' || jump.label === null ? jump.kind : `${jump.kind}:${jump.label}`;
}

interface Route {
	/** Null: a `return` with nothing in its way. */
	readonly to: BlockId | null;
	/** Variable that must hold the completion's name. */
	readonly completion: string | null;
	/** Variable that must hold the value of a `return`. */
	readonly value: string | null;
	/** Variable that holds the value of another completion: emptied, so that nothing stale is stored. */
	readonly stale: string | null;
}

function routeOf(frame: Frame, from: Exit | null, way: Jump): Route {
	for (let exit = from; exit; exit = exit.outer) {
		switch (exit.kind) {
			case 'target':
				if (way.kind === 'return') break;
				if (stopsAt(exit, way)) {
					const to = way.kind === 'break' ? exit.breakTo : exit.continueTo;
					return { to, completion: null, value: null, stale: null };
				}
				break;
			case 'closing':
				return {
					to: closeOnTheWay(frame, exit, way),
					completion: null,
					value: way.kind === 'return' ? frame.resultVariable : null,
					stale: null,
				};
			case 'finally':
				exit.jumps.set(nameOfJump(way), way);
				return {
					to: exit.entry,
					completion: exit.completion,
					value: way.kind === 'return' ? exit.value : null,
					stale: way.kind === 'return' ? null : exit.value,
				};
		}
	}
	if (way.kind !== 'return') throw new Error(`${nameOfJump(way)} leads nowhere`);
	return { to: null, completion: null, value: null, stale: null };
}

function stopsAt(exit: Target, way: Jump & { label: string | null }): boolean {
	const to = way.kind === 'break' ? exit.breakTo : exit.continueTo;
	if (to === null) return false;
	return way.label === null ? exit.plain : exit.labels.includes(way.label);
}

function closeOnTheWay(frame: Frame, exit: Closing, way: Jump): BlockId {
	const key = nameOfJump(way);
	const known = exit.ways.get(key);
	if (known !== undefined) return known;
	const draft = frame.block(exit.region);
	exit.ways.set(key, draft.id);
	const outer = { current: frame.current, region: frame.region };
	frame.current = draft;
	frame.region = exit.region;
	if (exit.awaited) {
		const { of, whole } = exit.awaited;
		const result = frame.temporary('closed', of);
		frame.region = { ...exit.region, chain: [...exit.region.chain, 'close', key] };
		awaitClosing(frame, exit.iterator, result, of, whole, null);
	} else frame.emit(statement(call(member(id(exit.iterator), 'close'), [])));
	jumpFrom(frame, exit.outer, way, way.kind === 'return' ? id(frame.resultVariable) : null);
	frame.current = outer.current;
	frame.region = outer.region;
	return draft.id;
}

/** Ends the current block with a jump from inside `from`. */
export function jumpFrom(frame: Frame, from: Exit | null, way: Jump, value: t.Expression | null): void {
	const route = routeOf(frame, from, way);
	if (route.to === null) {
		frame.end({ kind: 'return', value });
		return;
	}
	frame.emit(...settings(route, way, value));
	frame.end({ kind: 'goto', to: route.to });
}

/** The same inside an opaque statement. */
export function jumpWithin(frame: Frame, way: Jump, value: t.Expression | null): t.Statement {
	const route = routeOf(frame, frame.region.exits, way);
	if (route.to === null) return returns(value);
	const before = settings(route, way, value);
	return before.length > 0 ? block([...before, jump(route.to)]) : jump(route.to);
}

function settings(route: Route, way: Jump, value: t.Expression | null): t.Statement[] {
	const result: t.Statement[] = [];
	if (route.value !== null && !(value?.type === 'Identifier' && value.name === route.value)) {
		result.push(statement(assign(id(route.value), value ?? nothing())));
	}
	if (route.stale !== null) result.push(statement(assign(id(route.stale), nothing())));
	if (route.completion !== null) result.push(statement(assign(id(route.completion), text(nameOfJump(way)))));
	return result;
}

export function leaveThrough(frame: Frame, node: t.BreakStatement | t.ContinueStatement): t.Statement {
	return jumpWithin(frame, jumpOf(node), null);
}

export function completeThrough(frame: Frame, value: t.Expression | null): t.Statement {
	return jumpWithin(frame, { kind: 'return' }, value);
}

export function jumpOf(node: t.BreakStatement | t.ContinueStatement): Jump {
	return { kind: node.type === 'BreakStatement' ? 'break' : 'continue', label: node.label?.name ?? null };
}

/** Does a `return` from here run a `finally` body first, or wait until an iterator is closed? */
export function passesFinally(exits: Exit | null): boolean {
	for (let exit = exits; exit; exit = exit.outer) {
		if (exit.kind === 'finally' || (exit.kind === 'closing' && exit.awaited)) return true;
	}
	return false;
}

/** The iterators that a `return` from here closes, innermost first, and the region behind them all. */
export function closings(exits: Exit | null): { iterator: string; region: Region }[] {
	const found: { iterator: string; region: Region }[] = [];
	for (let exit = exits; exit; exit = exit.outer) if (exit.kind === 'closing') found.push(exit);
	return found;
}
