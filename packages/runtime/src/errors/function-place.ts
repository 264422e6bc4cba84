/** The part of Node's inspector that is used here. Not imported: these layers run where there is no Node. */
interface Session {
	connect(): void;
	disconnect(): void;
	on(event: string, listener: (message: { params: Script }) => void): void;
	post(method: string, parameters?: object, done?: (error: unknown, answer: Answer) => void): void;
}

interface Script {
	readonly scriptId: string;
	readonly url: string;
}

interface Answer {
	readonly result: { readonly objectId: string };
	readonly internalProperties?: readonly { readonly name: string; readonly value: { readonly value: Place } }[];
}

/** Counted from 0. */
interface Place {
	readonly scriptId: string;
	readonly lineNumber: number;
	readonly columnNumber: number;
}

const ASKED = Symbol.for('perdure.placeOf');
const known = new WeakMap<object, string | undefined>();

/**
 * Where a function is written, `src/checkout.ts:3:8`, for a message about it; undefined where the host does not tell.
 * Asks the engine's own debugger, which knows every script: that takes some 0.3 s, once, where an error is certain.
 */
export function placeOf(fn: object): string | undefined {
	if (!known.has(fn)) known.set(fn, ask(fn));
	return known.get(fn);
}

function ask(fn: object): string | undefined {
	const asked = globalThis as { [ASKED]?: unknown };
	let session: Session | undefined;
	try {
		const { getBuiltinModule, cwd } = (globalThis as unknown as { process: NodeProcess }).process;
		session = new (getBuiltinModule('node:inspector').Session)();
		session.connect();
		const urls = new Map<string, string>();
		session.on('Debugger.scriptParsed', ({ params }) => void urls.set(params.scriptId, params.url));
		session.post('Debugger.enable');
		asked[ASKED] = fn;
		let place: Place | undefined;
		session.post('Runtime.evaluate', { expression: `globalThis[Symbol.for('perdure.placeOf')]` }, (_, found) => {
			const { objectId } = found.result;
			session!.post('Runtime.getProperties', { objectId, ownProperties: true }, (_, { internalProperties }) => {
				place = internalProperties?.find(({ name }) => name === '[[FunctionLocation]]')?.value.value;
			});
		});
		const url = place && urls.get(place.scriptId);
		if (!place || !url) return undefined;
		const path = url.startsWith('file:') ? decodeURIComponent(new URL(url).pathname) : url;
		const here = `${cwd()}/`;
		const file = path.startsWith(here) ? path.slice(here.length) : path;
		return `${file}:${place.lineNumber + 1}:${place.columnNumber + 1}`;
	} catch {
		return undefined;
	} finally {
		delete asked[ASKED];
		session?.disconnect();
	}
}

interface NodeProcess {
	getBuiltinModule(name: 'node:inspector'): { readonly Session: new () => Session };
	cwd(): string;
}
