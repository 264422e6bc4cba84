/** Prints what a step function is registered with: `define({ abi, id, points, sites, ... })`. */

import type * as t from '@babel/types';
import { ABI, type EmittedDef, type FunctionDef, type PointDef } from '@perdure/abi';
import type { Block, Graph, Site } from '../2-lower/cfg.ts';
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
	/** The id of the function around it; null for the outermost. */
	readonly outer: string | null;
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
	const { ids, body, outer } = parts;
	const out: t.ObjectProperty[] = [];
	const put = (name: keyof EmittedDef, value: t.Expression) => out.push(property(name, value));
	if (outer === null) put('abi', data(ABI));
	put('id', data(outer !== null && ids.id.startsWith(`${outer}>`) ? ids.id.slice(outer.length) : ids.id));
	put('name', data(parts.name));
	if (outer === null) put('file', data(parts.file));
	put('at', compact(data(position(parts.loc))));
	put('hash', data(ids.hash));
	if (parts.kind !== 'durable') put('kind', data(parts.kind));
	if (parts.generator) put('generator', data(parts.generator));
	const places = new Map<string, number>();
	if (body) {
		put('step', id(body.emitted.name));
		if (body.emitted.handlers) put('handlers', compact(data(body.emitted.handlers)));
		if (body.emitted.catches.length > 0) put('catches', compact(data(body.emitted.catches)));
		const slots = new Map<string, number>();
		const points = body.emitted.points.map(({ pc, block }) => emitPoint(pc, block, body, ids, slots));
		if (slots.size > 0) put('slots', compact(data([...slots.keys()])));
		if (points.length > 0) put('points', array(points));
		body.emitted.points.forEach(({ block }, index) => {
			if (block.end.kind !== 'suspend') return;
			places.set(placeKey(ids.points.get(block.id)!.id, block.end.point.loc, block.loops), index);
		});
		if (body.slots.reloads.length > 0) {
			const reloads = body.slots.reloads.map((expression) => thunk(expression, parts));
			put('reloads', array(reloads));
		}
	}
	const sites = body?.sites ?? parts.starts ?? [];
	if (sites.length > 0) put('sites', array(sites.map((site) => emitSite(site, parts, places))));
	if (parts.make) put('make', parts.make);
	if (parts.captures?.length) put('captures', compact(data(parts.captures)));
	if (parts.hidden) put('hidden', data(true));
	if (parts.closures.length > 0) put('closures', array(parts.closures));
	return object(out);
}

/** A call that is awaited where it stands has its id, its place and its loops in common with its point. */
function placeKey(id: string, loc: t.SourceLocation | null, loops: readonly number[]): string {
	return `${id} ${position(loc)} ${loops}`;
}

/** Line and column, both 1-based, of where something starts. */
export function position(loc: t.SourceLocation | null | undefined): [line: number, column: number] {
	return loc ? [loc.start.line, loc.start.column + 1] : [1, 1];
}

/** `slots`: the index of each name; those of the point are added. */
function emitPoint(
	pc: number,
	block: Block,
	{ slots, emitted }: NonNullable<DefinitionParts['body']>,
	ids: FunctionIds,
	indexes: Map<string, number>,
): t.Expression {
	if (block.end.kind !== 'suspend') broken('a point that no suspend ends');
	const kept = slots.parked.get(block.id)!;
	const point = ids.points.get(block.id)!;
	const indexOf = (name: string) => {
		if (!indexes.has(name)) indexes.set(name, indexes.size);
		return indexes.get(name)!;
	};
	const out: t.ObjectProperty[] = [];
	const put = (name: keyof PointDef, value: t.Expression) => out.push(property(name, value));
	const reload = kept.flatMap(({ name }, slot): [number, number][] => {
		const index = slots.reloadOf.get(name);
		return index === undefined ? [] : [[slot, index]];
	});
	if (reload.length > 0) put('reload', data(reload));
	if (point.equal) put('equal', record(point.equal as unknown as Record<string, Data>));
	if (block.guards.length > 0) {
		put('guards', data(block.guards.map((guard) => (guard === 'finally' ? guard : emitted.pcOf(guard)))));
	}
	if (block.loops.length > 0) put('loops', data(block.loops));
	const row = [pc, point.id, ...position(block.end.point.loc), slots.names.get(block.id)!.map(indexOf)].map(data);
	return compact(array(out.length > 0 ? [...row, object(out)] : row));
}

function emitSite(site: Site, parts: DefinitionParts, places: ReadonlyMap<string, number>): t.Expression {
	const siteId = placeId(site);
	const loops = site.loops.length > 0 ? [site.loops] : [];
	const place = places.get(placeKey(siteId, site.loc, site.loops)) ?? [siteId, ...position(site.loc), ...loops];
	const row: t.Expression[] = [data(place), data(site.name)];
	if (site.reload) {
		const [self, callee] = site.reload;
		row.push(thunk(array([self ?? undefinedValue(), callee ?? undefinedValue()]), parts));
	}
	const out: t.ObjectProperty[] = [];
	if (site.key !== undefined) out.push(property('key', data(site.key)));
	if (site.read) {
		const read = rewriteExpression(site.read, { mark: parts.mark, jump: noStatement, complete: noStatement });
		out.push(property('read', read));
	}
	if (site.links) {
		const links = site.links.map(({ keys, call, optional, optionalCall }) =>
			record({ keys, call, ...(optional ? { optional } : {}), ...(optionalCall ? { optionalCall } : {}) }),
		);
		out.push(property('chain', array(links)));
	}
	if (out.length > 0) row.push(...(site.reload ? [] : [data(0)]), object(out));
	return compact(array(row));
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
