/** Calls made in place as arguments of an effect: their values may be made again instead of being saved. */
import type { FunctionDef, SiteDef } from '@perdure/abi';
import { expect, type Kind } from '../codec/kind.ts';
import type { Callable } from '../registry/shared.ts';
import { functionOf } from './definitions.ts';
import type { Host } from './kinds.ts';
import { exchangeBy, standInNow } from './stand-in.ts';

/** A call made in place as an argument, over saved operands: saved in place of its value, if that cannot be. */
export class Thunk {
	readonly def: FunctionDef;
	readonly operands: readonly unknown[];
	/** What the call gave. */
	readonly value: unknown;

	constructor(def: FunctionDef, operands: readonly unknown[], value: unknown) {
		this.def = def;
		this.operands = operands;
		this.value = value;
	}
}

/** The same of a call that is not awaited where it stands: it has a site, which finds its callee again. */
export class MadeCall extends Thunk {
	readonly site: SiteDef;

	constructor(def: FunctionDef, site: SiteDef, operands: readonly unknown[], value: unknown) {
		super(def, operands, value);
		this.site = site;
	}
}

/** Values of thunks, and how to make them again. */
export type Recipes = ReadonlyMap<unknown, Thunk>;

/** Stands for the value of a thunk that was not run. */
export const SKIPPED = Object.freeze({});

/** Decodes to what the call gave, as long as that is at hand, else to what it gives now. */
const thunkKind: Kind<unknown, Host> = {
	tag: 'thunk',
	prototypes: [Thunk.prototype],
	take(value, host) {
		const { def, operands, value: first } = value as Thunk;
		return [def.id, host.firsts.push(first) - 1, ...operands];
	},
	moment: 'filled',
	make([id, nth, ...operands], host) {
		expect(typeof id === 'string' && isCount(nth), 'a malformed thunk');
		return made(nth, host, () => {
			const def = functionOf(id);
			expect(def.kind === 'thunk', `'${id}' is no thunk`);
			const make = () => (def.make as Callable)(...operands, exchangeBy(host.handlers));
			return { make, thunk: (value) => new Thunk(def, operands, value) };
		});
	},
};

const madeCallKind: Kind<unknown, Host> = {
	tag: 'call',
	prototypes: [MadeCall.prototype],
	take(value, host) {
		const { def, site, operands, value: first } = value as MadeCall;
		return [def.id, site.id, host.firsts.push(first) - 1, ...operands];
	},
	moment: 'filled',
	make([id, siteId, nth, ...operands], host) {
		expect(typeof id === 'string' && isCount(nth), 'a malformed thunk');
		return made(nth, host, () => {
			const def = functionOf(id);
			const site = def.sites?.find((each) => each.id === siteId);
			expect(site?.callee !== undefined, `'${id}' has no such call`);
			const find = site.callee;
			const make = () => {
				const [self, callee] = find();
				return Reflect.apply(standInNow(callee, self, host.handlers) ?? (callee as Callable), self, operands);
			};
			return { make, thunk: (value) => new MadeCall(def, site, operands, value) };
		});
	},
};

interface Making {
	make(): unknown;
	thunk(value: unknown): Thunk;
}

function made(nth: number, host: Host, how: () => Making): unknown {
	expect(host.thunks !== 'refuse', 'a thunk where none can be');
	if (host.thunks === 'skip') return SKIPPED;
	const { make, thunk } = how();
	let value: unknown = host.firsts[nth];
	if (!(nth in host.firsts)) {
		try {
			value = make();
		} catch (error) {
			host.thrown = { error };
			throw error;
		}
	}
	host.remade.set(value, thunk(value));
	return value;
}

const isCount = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n) && n >= 0;

export const THUNK_KINDS = [thunkKind, madeCallKind];
