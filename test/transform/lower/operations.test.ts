/** What calls in await position become: how they are found again, what is kept, what is a thunk. */
import { describe, expect, it } from 'vitest';
import { explain } from '../../../packages/transform/src/explain.ts';

const lines = (body: string) =>
	explain(`import { a, b } from 'm'; const own = {}; async function f(p, q) { "use durable"; ${body} }`, {
		filename: 'a.ts',
	}).split('\n');

/** The awaited and the returned operations of a body. */
const operations = (body: string) =>
	lines(body).flatMap((line) => /^ {4}(?:[\w$]+ = )?(?:await|tail) (.*?)(?: -> \d+)?$/.exec(line)?.[1] ?? []);

const keeps = (body: string) =>
	lines(body).flatMap((line) => /keeps \[(.*)\]/.exec(line)?.[1]?.replace(/:\w{26}/g, '') ?? []);

describe('a callee is found again', () => {
	const cases: [string, string][] = [
		['await a(1)', 'call a(1) [a: read again]'],
		['await globalThing.x.y(1)', 'call $this.y(1) on $this [globalThing.x.y: read again]'],
		['await own["k"].run()', 'call $this.run() on $this [own["k"].run: read again]'],
		['await own[p](1)', 'call own[$key](1) on own [own[p]: read again]'],
		['await p.run(1)', 'call p.run(1) on p [p.run: member]'],
		['await p[q](1)', 'call p[$key](1) on p [p[q]: member]'],
		['await p(1)', 'call p(1) [p: not found again]'],
		['await new a(1)', 'call %construct(1) on a [new a: read again]'],
		['await import.meta.f()', 'call $this.f() on $this [import.meta.f: read again]'],
	];
	for (const [body, expected] of cases) it(body, () => expect(operations(body)).toEqual([expected]));
});

describe('what is kept over an await among operands', () => {
	const cases: [string, string][] = [
		['console.log(p, await a())', 'p, this (reload), callee (reload)'],
		['a(b.c, await a())', 'callee (reload), arg (reload)'],
		['p.push(await a())', 'p, callee (reload), kept'],
		['p = p + q.x + await a()', 'left'],
		['p = q + await a()', 'q'],
		['own[q] = await a()', 'q, object (reload)'],
		['own.x = p.y + await a()', 'object (reload), left'],
		['p = `${q}${await a()}`', 'template'],
		['p = [1, "x", q, await a()]', 'q'],
	];
	for (const [body, expected] of cases) it(body, () => expect(keeps(body)).toEqual([expected]));
});

describe('arguments that can be made again', () => {
	const cases: [string, string][] = [
		['await a(b(1))', 'call a(%lazy(%def0, [], a)) [a: read again]'],
		['await a(b(p, 2))', 'call a(%lazy(%def0, [p], a)) [a: read again]'],
		['await a({ s: AbortSignal.timeout(p) })', 'call a({\n'],
		['await a(new b(...p))', 'call a(%lazy(%def0, [[...p]], a)) [a: read again]'],
		['await a(Math.max(p), new Map(), String(q))', 'call a(Math.max(p), new Map(), String(q)) [a: read again]'],
	];
	for (const [body, expected] of cases) {
		it(body, () => expect(lines(body).join('\n')).toContain(expected));
	}
});

describe('chains', () => {
	it('are one effect or link by link, as the first callee is', () => {
		expect(operations('await a(p).b(q).c()')).toEqual([
			'chain a(p) (q) () [a(…).b(…).c: read again]',
			'call $this.c() on $this [a(…).b(…).c: member]',
		]);
	});

	it('are link by link where an argument suspends', () => {
		expect(operations('await a(p).b(await a())')).toHaveLength(2);
		expect(lines('await a(p).b(await a())').join('\n')).not.toContain('%foreign');
	});

	it('are link by link where one may end before an argument that does something', () => {
		expect(lines('await a(p)?.b(a())').join('\n')).not.toContain('%foreign');
		expect(lines('await a(p)?.b(1)').join('\n')).toContain('%foreign');
	});
});

describe('returned calls', () => {
	it('replace the frame', () => {
		expect(lines('return a(p)').join('\n')).toContain('tail call a(p)');
		expect(lines('return p ? a(1) : b').join('\n')).toMatch(/tail call a\(1\)[\s\S]*return b/);
		expect(lines('return await a(p)').join('\n')).not.toContain('tail');
	});

	it('close the iterators around them first', () => {
		expect(lines('for (const x of p) { await a(); return b(x) }').join('\n')).toMatch(/close\(\);\n {4}tail/);
	});
});
