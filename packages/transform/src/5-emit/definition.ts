/** Prints what a step function is registered with: `define({ abi, id, points, sites, ... })`. */

import type * as t from '@babel/types';
import { ABI, type FunctionDef, type PointDef } from '@perdure/abi';
import type { BlockId, Graph, Site } from '../2-lower/cfg.ts';
import type { FunctionIds } from '../3-analyze/ids.ts';
import { placeId } from '../3-analyze/ids.ts';
import type { Slots } from '../3-analyze/slots.ts';
import { broken } from '../invariant.ts';
import { array, arrow, compact, type Data, data, id, object, property, undefinedValue } from './build.ts';
import { rewriteExpression } from './marks.ts';
import type { EmittedStep } from './step.ts';

export interface DefinitionParts {
	readonly kind: FunctionDef['kind'];
	readonly generator: 'sync' | 'async' | null;
	readonly name: string;
	readonly file: string;
	readonly loc: t.SourceLocation | null | undefined;
	readonly ids: FunctionIds;
	readonly mark: (name: string) => t.Expression;
	/** Absent for synchronous closures and thunks. */
	readonly body?: {
		readonly graph: Graph;
		readonly slots: Slots;
		readonly emitted: EmittedStep;
		readonly sites: readonly Site[];
	};
	/** Sites of a synchronous closure. */
	readonly starts?: readonly Site[];
	readonly make?: t.Expression;
	readonly captures?: readonly string[];
	/** A class whose instances have private members. */
	readonly hidden?: boolean;
	/** The definitions of the closures made in it. */
	readonly closures: readonly t.Expression[];
}

export function emitDefinition(parts: DefinitionParts): t.ObjectExpression {
	const { ids, body } = parts;
	const out: t.ObjectProperty[] = [];
	const put = (name: keyof FunctionDef, value: t.Expression) => out.push(property(name, value));
	put('abi', data(ABI));
	put('id', data(ids.id));
	put('name', data(parts.name));
	put('file', data(parts.file));
	put('at', compact(data(position(parts.loc))));
	put('hash', data(ids.hash));
	put('kind', data(parts.kind));
	if (parts.generator) put('generator', data(parts.generator));
	if (body) {
		put('step', id(body.emitted.name));
		if (body.emitted.handlers) put('handlers', compact(data(body.emitted.handlers)));
		if (body.emitted.catches.length > 0) put('catches', compact(data(body.emitted.catches)));
		const points = body.emitted.points.map(({ pc, block }) => emitPoint(pc, block.id, body, ids));
		if (points.length > 0) put('points', array(points));
		if (body.sites.length > 0) put('sites', array(body.sites.map((site) => emitSite(site, parts))));
		if (body.slots.reloads.length > 0) {
			const reloads = body.slots.reloads.map((expression) => thunk(expression, parts));
			put('reloads', array(reloads));
		}
	}
	if (parts.starts?.length) put('sites', array(parts.starts.map((site) => emitSite(site, parts))));
	if (parts.make) put('make', parts.make);
	if (parts.captures?.length) put('captures', compact(data(parts.captures)));
	if (parts.hidden) put('hidden', data(true));
	if (parts.closures.length > 0) put('closures', array(parts.closures));
	return object(out);
}

/** Line and column, both 1-based, of where something starts. */
export function position(loc: t.SourceLocation | null | undefined): [line: number, column: number] {
	return loc ? [loc.start.line, loc.start.column + 1] : [1, 1];
}

function emitPoint(
	pc: number,
	block: BlockId,
	{ graph, slots, emitted }: NonNullable<DefinitionParts['body']>,
	ids: FunctionIds,
): t.Expression {
	const found = graph.blocks.get(block)!;
	if (found.end.kind !== 'suspend') broken('a point that no suspend ends');
	const kept = slots.parked.get(block)!;
	const point = ids.points.get(block)!;
	const out: t.ObjectProperty[] = [];
	const put = (name: keyof PointDef, value: t.Expression) => out.push(property(name, value));
	put('pc', data(pc));
	put('id', data(point.id));
	put('at', data(position(found.end.point.loc)));
	put('slots', data(slots.names.get(block)!));
	const reload = kept.flatMap(({ name }, slot): [number, number][] => {
		const index = slots.reloadOf.get(name);
		return index === undefined ? [] : [[slot, index]];
	});
	if (reload.length > 0) put('reload', data(reload));
	if (point.equal) put('equal', record(point.equal as unknown as Record<string, Data>));
	if (found.guards.length > 0) {
		put('guards', data(found.guards.map((guard) => (guard === 'finally' ? guard : emitted.pcOf(guard)))));
	}
	if (found.loops.length > 0) put('loops', data(found.loops));
	return compact(object(out));
}

function emitSite(site: Site, parts: DefinitionParts): t.Expression {
	const out = [
		property('id', data(placeId(site))),
		property('at', data(position(site.loc))),
		property('name', data(site.name)),
	];
	if (site.reload) {
		const [self, callee] = site.reload;
		const found = [self ?? undefinedValue(), callee ?? undefinedValue()];
		out.push(property('callee', thunk(array(found), parts)));
	}
	if (site.key !== undefined) out.push(property('key', data(site.key)));
	if (site.read)
		out.push(
			property('read', rewriteExpression(site.read, { mark: parts.mark, jump: noStatement, complete: noStatement })),
		);
	if (site.links) {
		const links = site.links.map(({ keys, call, optional }) =>
			record({ keys, call, ...(optional ? { optional } : {}) }),
		);
		out.push(property('chain', array(links)));
	}
	if (site.loops.length > 0) out.push(property('loops', data(site.loops)));
	return compact(object(out));
}

function thunk(expression: t.Expression, parts: DefinitionParts): t.Expression {
	return arrow([], rewriteExpression(expression, { mark: parts.mark, jump: noStatement, complete: noStatement }));
}

function noStatement(): never {
	broken('a statement where only an expression can stand');
}

function record(fields: Readonly<Record<string, Data>>): t.Expression {
	return object(Object.entries(fields).map(([name, value]) => property(name, data(value))));
}
