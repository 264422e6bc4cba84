/** The checks of whole functions: code, line and column, path. fixtures/check has many more programs. */
import { describe, expect, test } from 'vitest';
import { brief, check, type Files, rendered } from '../../support/check.ts';

const HEAD = `import { sleep } from '@perdure/runtime';
import { open } from 'node:fs/promises';
import { connect, Socket } from 'node:net';
declare function mail(to: string, o?: object): Promise<void>;
declare function load(id: string): Promise<{ id: string; socket: Socket }>;
declare function plain(id: string): Promise<{ id: string }>;
declare function both(a: unknown, b: unknown): Promise<void>;
`;
const LINES = HEAD.split('\n').length - 1;

/** Of a body whose first line is 1. */
function inBody(
	body: string,
	{ parameters = 'id: string', others = {} as Files, any = 'error' as const } = {},
): string[] {
	return inModule(`export async function f(${parameters}) { 'use durable';\n${body}\n}`, others, any).map((each) =>
		each.replace(/ (\d+):/, (_, line) => ` ${Number(line) - 1}:`),
	);
}

function inModule(text: string, others: Files = {}, any: 'error' | 'warn' | 'allow' = 'error'): string[] {
	// Habits are looked at in habits.test.ts.
	const found = brief(check(HEAD + text, others, { any }).filter(({ code }) => !code.startsWith('PD4')));
	return found.map((each) => each.replace(/ (\d+):/, (_, line) => ` ${Number(line) - LINES}:`));
}

test('the example of the design, as it is rendered', () => {
	const main = `import { sleep } from '@perdure/runtime';
import { open } from 'node:fs/promises';
export async function backup(path: string) {
  'use durable';
  const handle = await open(path);
  await sleep('1 day');
  await handle.close();
}
`;
	expect(
		rendered(check(main), main),
	).toBe(`main.ts:6:3 - error PD3001: 'handle' is captured across an await, but 'FileHandle' cannot be saved.

6   await sleep('1 day');
    ~~~~~~~~~~~~~~~~~~~~ the frame is saved here
  main.ts:5:9
    5   const handle = await open(path);
              ~~~~~~ captured: type FileHandle
  main.ts:7:9
    7   await handle.close();
              ~~~~~~ read again here
  help: close it before line 6 and keep what identifies it, or wrap it in a class of yours and register that: resource(Class, { marshal, unmarshal })`);
});

describe('captured variables', () => {
	test('by their types where they are read again', () => {
		expect(inBody('const c = await load(id);\nawait mail(id);\nreturn c.id;')).toEqual(['PD3001 2:1 c.socket']);
		expect(inBody('const { id: name } = await load(id);\nawait mail(id);\nreturn name;')).toEqual([]);
		expect(inBody('const c = await load(id);\nawait mail(c.id);\nreturn id;')).toEqual([]);
		expect(inBody('let s: Socket | null = connect(1);\ns.end(); s = null;\nawait sleep(1);\nreturn s;')).toEqual([]);
		expect(inBody('let s: Socket | string = connect(1);\nawait sleep(1);\ns = "a";\nreturn s;')).toEqual([]);
	});

	test('once a function, at the first point', () => {
		expect(
			inBody('const s = connect(1);\nawait sleep(1);\nawait sleep(2);\ns.end();\nawait sleep(3);\ns.end();'),
		).toEqual(['PD3001 2:1 s']);
	});

	test('all of a point, as they are declared', () => {
		expect(inBody('const b = connect(1), a = connect(2);\nawait sleep(1);\na.end(); b.end();')).toEqual([
			'PD3001 2:1 b',
			'PD3001 2:1 a',
		]);
	});

	test('nothing is known of any, and of unknown', () => {
		expect(inBody('const data = JSON.parse(id);\nawait sleep(1);\nreturn String(data);')).toEqual(['PD3004 2:1 data']);
		expect(inBody('const data = JSON.parse(id) as { a: Date };\nawait sleep(1);\nreturn data.a;')).toEqual([]);
		expect(inBody('const data: unknown = JSON.parse(id);\nawait sleep(1);\nreturn String(data);')).toEqual([
			'PD3004 2:1 data',
		]);
		const guarded =
			'const data: unknown = JSON.parse(id);\nif (typeof data !== "string") return;\nawait sleep(1);\nreturn data;';
		expect(inBody(guarded)).toEqual([]);
	});

	test('an array that gets its type from what is put into it', () => {
		const list = (value: string) =>
			`const list = [];\nlist.push(${value});\nawait sleep(1);\nlist.push(${value});\nreturn list.length + list.map(String).length;`;
		expect(inBody(list('id'))).toEqual([]);
		expect(inBody(list('connect(1)'))).toEqual(['PD3001 3:1 list[0]']);
	});

	test('loops keep what they are over', () => {
		expect(inBody('const all = [connect(1)];\nfor (const { bytesRead } of all) { await sleep(bytesRead); }')).toEqual([
			'PD3001 2:36 all[0]',
		]);
		expect(inBody('for (const x of new Map([[id, 1]])) { await sleep(x[1]); }')).toEqual([]);
		expect(inBody('for (const x of id) { await mail(x); }')).toEqual([]);
		expect(inBody('for (const x of new URLSearchParams(id)) { await mail(x[0]); }')).toEqual([
			'PD3006 1:44 new URLSearchParams()',
		]);
	});

	test('the option any', () => {
		const body = 'const data = JSON.parse(id);\nawait sleep(1);\nreturn String(data);';
		const severities = (any: 'error' | 'warn' | 'allow') =>
			check(`${HEAD}export async function f(id: string) { 'use durable';\n${body}\n}`, {}, { any }).map(
				({ severity }) => severity,
			);
		expect([severities('error'), severities('warn'), severities('allow')]).toEqual([['error'], ['warning'], []]);
		const both =
			'const data: { a: any; s: Socket } = { a: 1, s: connect(1) };\nawait sleep(1);\nreturn data.s.bytesRead;';
		expect(inModule(`export async function f() { 'use durable';\n${both}\n}`, {}, 'warn')).toEqual([
			'PD3004 3:1 data.a',
			'PD3001 3:1 data.s',
		]);
	});

	test('what a rest pattern leaves is an object', () => {
		expect(
			inBody('const { length, ...rest } = { length: 1 };\nawait sleep(length);\nreturn Object.keys(rest);'),
		).toEqual([]);
	});

	test('what was caught is an error', () => {
		expect(inBody('try { await mail(id); } catch (e) { await sleep(1); throw e; }')).toEqual([]);
	});

	test('closures are data, with what they capture', () => {
		expect(inBody('const log = (x: string) => console.log(x, id);\nawait sleep(1);\nlog("a");')).toEqual([]);
		expect(inBody('const s = connect(1);\nconst g = () => s.end();\nawait sleep(1);\ng();')).toEqual(['PD3007 3:1 s']);
		expect(
			inBody(
				'let n: Socket | string = "a";\nconst g = () => { n = connect(1); };\nawait sleep(1);\ng();\nreturn typeof n;',
			),
		).toEqual(['PD3001 3:1 n', 'PD3007 3:1 n']);
	});

	test('this', () => {
		const shop =
			"export class Shop { name = 'x';\nasync run() { 'use durable';\nawait sleep(1);\nawait mail(this.name); } }";
		expect(inModule(shop)).toEqual(['PD3005 3:1 this']);
		expect(inModule(`import { serializable } from '@perdure/runtime';\n${shop}\nserializable(Shop);`)).toEqual([]);
	});

	test('this of an object with durable methods', () => {
		const shop = (more: string) =>
			`export const shop = { name: 'x', ${more}\nasync run() { 'use durable';\nawait sleep(1);\nawait mail(this.name); } };`;
		expect(inModule(shop(''))).toEqual([]);
		expect(inModule(shop("other: async () => { 'use durable'; },"))).toEqual([]);
		expect(inModule(shop('plain() {},'))).toEqual(['PD3007 3:1 this.plain']);
	});

	test('what using declares is kept to the end of its scope', () => {
		const made = 'class Lock { socket = connect(1); [Symbol.dispose]() { this.socket.end(); } }';
		const text = (body: string) => inModule(`${made}\nexport async function f() { 'use durable';\n${body}\n}`);
		expect(text('{ using lock = new Lock(); }\nawait sleep(1);')).toEqual([]);
		expect(text('{ using lock = new Lock();\nawait sleep(1); }')).toEqual(['PD3005 4:1 lock']);
	});
});

describe('narrowing', () => {
	const union = 'const x = (id ? id : connect(1)) as string | Socket;\n';
	test('before the point counts', () => {
		expect(inBody(`${union}if (typeof x !== 'string') return;\nawait sleep(1);\nreturn x.length;`)).toEqual([]);
	});
	test('behind the point does not', () => {
		expect(inBody(`${union}await sleep(1);\nif (typeof x === 'string') return x.length;`)).toEqual(['PD3001 2:1 x']);
		expect(inBody(`${union}await sleep(1);\nif (x instanceof Socket) return;\nreturn x.length;`)).toEqual([
			'PD3001 2:1 x',
		]);
	});
	test('through a condition that was taken before does not', () => {
		expect(inBody(`${union}const ok = typeof x === 'string';\nawait sleep(1);\nif (ok) return x.length;`)).toEqual([
			'PD3001 3:1 x',
		]);
		expect(
			inBody(`${union}const ok = typeof x === 'string', fine = ok && id;\nawait sleep(1);\nif (fine) return x.length;`),
		).toEqual(['PD3001 3:1 x']);
		expect(
			inBody(`${union}const ok = typeof x === 'string';\nif (!ok) return;\nawait sleep(1);\nreturn x.length;`),
		).toEqual([]);
	});
	test('through another part of the same value does not', () => {
		const event =
			'const event = (id ? { kind: "text", data: id } : { kind: "live", data: connect(1) }) as { kind: "text"; data: string } | { kind: "live"; data: Socket };\nconst { kind, data } = event;\n';
		expect(inBody(`${event}await sleep(1);\nif (kind === 'text') return data.length;`)).toEqual(['PD3001 3:1 data']);
		expect(inBody(`${event}const isText = kind === 'text';\nawait sleep(1);\nif (isText) return data.length;`)).toEqual(
			['PD3001 4:1 data'],
		);
		expect(inBody(`${event}if (kind !== 'text') return;\nawait sleep(1);\nreturn data.length;`)).toEqual([]);
	});
	test('of a variable that closures may change does not', () => {
		const shared = 'let x: string | Socket = id;\nconst set = () => { x = connect(1); };\n';
		expect(inBody(`${shared}if (typeof x === 'string') { await sleep(1);\nreturn x.length; }\nset();`)).toEqual([
			'PD3001 3:30 x',
		]);
	});
	test('in a loop the whole way around counts', () => {
		expect(
			inBody(
				'let x: string | Socket = id;\nfor (;;) {\nif (typeof x !== "string") return;\nawait sleep(1);\nx = id; }',
			),
		).toEqual([]);
		expect(
			inBody(
				'let x: string | Socket = id;\nfor (;;) {\nawait sleep(1);\nif (typeof x !== "string") return;\nx = connect(1); }',
			),
		).toEqual(['PD3001 3:1 x']);
	});
});

describe('effects', () => {
	test('their arguments', () => {
		expect(inBody('const s = connect(1);\nawait mail(id, { s });')).toEqual(['PD3002 2:18 arguments[1].s']);
		expect(inBody('const s = connect(1);\nawait mail(id, s);')).toEqual(['PD3002 2:16 arguments[1]']);
		expect(inBody('await mail(id, { signal: AbortSignal.timeout(1), s: connect(1), done: () => {} });')).toEqual([]);
		expect(inBody('await mail(id, JSON.parse(id));')).toEqual([]);
	});

	test('what they are called on', () => {
		expect(inBody('const r = await fetch(id);\nreturn await r.text();')).toEqual(['PD3010 2:14 r']);
		expect(inBody('return await fetch(id).then((r) => r.text());')).toEqual([]);
		expect(inBody('const m = new Map([["a", 1]]);\nreturn await m.get("a");')).toEqual([]);
	});

	test('closures handed to them are plain JavaScript', () => {
		const each = 'declare function each(ids: string[], f: (id: string) => Promise<unknown>): Promise<void>;\n';
		const body =
			"export async function f(id: string) { 'use durable';\nawait each([id], async (x) => { const r = await fetch(x); await mail(x); return r.ok; });\n}";
		expect(inModule(each + body)).toEqual([]);
		const run =
			"export async function f(id: string) { 'use durable';\nawait Promise.all([id].map(async (x) => { const r = await fetch(x);\nawait mail(x); return r.ok; }));\n}";
		expect(inModule(run)).toEqual(['PD3001 3:1 r']);
	});

	test('results that no variable holds', () => {
		expect(inBody('await both(await load(id), await plain(id));')).toEqual(['PD3003 1:18 load().socket']);
		expect(inBody('await both(await plain(id), await plain(id));')).toEqual([]);
		expect(inBody('await Promise.all([load(id), mail(id)]);')).toEqual(['PD3003 1:20 load().socket']);
		expect(inBody('await Promise.all([plain(id), mail(id)]);')).toEqual([]);
		expect(inBody('const p = load(id);\nawait mail(id);\nreturn (await p).id;')).toEqual(['PD3003 1:11 load().socket']);
		expect(inBody('const p = plain(id);\nawait mail(id);\nreturn (await p).id;')).toEqual([]);
	});
});

describe('the border', () => {
	test('parameters', () => {
		const parameters =
			'socket: Socket, any: any, cb: () => void, { a, b }: { a: string; b: Socket }, fine: Date, ...rest: Socket[]';
		expect(inModule(`export async function f(${parameters}) { 'use durable'; }`)).toEqual([
			'PD3009 1:25 socket',
			'PD3004 1:41 any',
			'PD3009 1:51 cb',
			'PD3009 1:67 b',
			'PD3009 1:118 rest[0]',
		]);
	});

	test('results', () => {
		expect(inModule("export async function f(): Promise<Socket> { 'use durable'; return connect(1); }")).toEqual([
			'PD3009 1:28 result',
		]);
		expect(inModule("export async function f() { 'use durable'; return { s: connect(1) }; }")).toEqual([
			'PD3009 1:23 result.s',
		]);
		expect(inModule("export const f = async () => { 'use durable'; return [JSON.parse('1')]; };")[0]).toContain(
			'PD3004 1:',
		);
		expect(inModule("export async function f() { 'use durable'; }")).toEqual([]);
	});

	test('type parameters', () => {
		expect(
			inModule("export async function f<T>(x: T) { 'use durable'; await sleep(1); return 1 + String(x).length; }"),
		).toEqual(['PD3004 1:28 x']);
		expect(
			inModule(
				"import type { Serializable } from '@perdure/runtime';\nexport async function f<T extends Serializable>(x: T) { 'use durable'; await sleep(1); return x; }",
			),
		).toEqual([]);
	});
});

test('a file without the directive is not asked about', () => {
	expect(check('export async function f() { const s = new WeakMap(); await 1; return s; }')).toEqual([]);
});

test('what compiling says is part of it', () => {
	expect(inModule("export function f() { 'use durable'; }")).toEqual(['PD1002 1:23 ']);
});
