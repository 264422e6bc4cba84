/** Completes what emitted code hands over (abi/emitted.ts) to the definition that the runtime reads. */
import type { EmittedDef, FunctionDef, PointDef, PointRow, SiteDef, SiteRow } from '@perdure/abi';
import { COPY } from './shared.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** In place: emitted code refers to the definitions of closures by the objects that it has made. */
export function complete(emitted: EmittedDef, outer: FunctionDef | null = null): FunctionDef {
	const { slots = [], points, sites, closures } = emitted;
	const def = emitted as unknown as Writable<FunctionDef>;
	if (outer !== null) {
		def.abi = outer.abi;
		def.file = outer.file;
		if (def.id.startsWith('>')) def.id = outer.id + def.id;
	}
	def.runtime = COPY;
	def.kind ??= 'durable';
	if (points) def.points = points.map((row) => pointOf(row, slots));
	if (sites) def.sites = sites.map((row) => siteOf(row, def.points ?? []));
	if (closures) def.closures = closures.map((closure) => complete(closure, def));
	return def;
}

function pointOf([pc, id, line, column, slots, rest]: PointRow, names: readonly string[]): PointDef {
	return { pc, id, at: [line, column], slots: slots.map((slot) => names[slot]!), ...rest };
}

function siteOf([place, name, callee, rest]: SiteRow, points: readonly PointDef[]): SiteDef {
	return { ...placeOf(place, points), name, ...(callee ? { callee } : {}), ...rest };
}

function placeOf(place: SiteRow[0], points: readonly PointDef[]): Pick<SiteDef, 'id' | 'at' | 'loops'> {
	if (typeof place !== 'number') {
		const [id, line, column, loops] = place;
		return { id, at: [line, column], ...(loops ? { loops } : {}) };
	}
	const { id, at, loops } = points[place]!;
	return { id, at, ...(loops ? { loops } : {}) };
}
