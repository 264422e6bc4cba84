/**
 * Promises of a run against those of the engine (ECMA-262, 27.2): what is seen, and in which order. Each
 * case fills `seen` and returns it; a few awaits of an effect in between drop and restore the run.
 */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DurablePromise, slotsOf } from '../packages/runtime/src/language/durable-promise.ts';
import { compileSubject, execute, WAYS } from './support/execute.ts';

const CASES: Record<string, string> = {
	'then: order among several reactions of one promise': `
	const p = Promise.resolve(1);
	p.then((v) => seen.push('a' + v)).then(() => seen.push('a2'));
	p.then((v) => seen.push('b' + v)).then(() => seen.push('b2'));
	seen.push('sync'); await p; seen.push('awaited'); await gap(); seen.push('end');`,

	'then: handlers that are no functions pass through': `
	await Promise.resolve(1).then(null, 5).then(undefined).then((v) => seen.push(v));
	await Promise.reject(new Error('r')).then((v) => seen.push('no'), null).then('x').catch((e) => seen.push(e.message));`,

	'then: a handler that returns a promise takes two more ticks': `
	const tick = async (tag, n) => { for (let i = 0; i < n; i++) { seen.push(tag + i); await null; } };
	const q = Promise.resolve().then(() => { seen.push('outer'); return Promise.resolve('inner'); }).then((v) => seen.push(v));
	await tick('t', 6); await q;`,

	'then: a handler that returns its own promise': `
	let p; p = Promise.resolve().then(() => p); try { await p; } catch (e) { seen.push(e.constructor.name); }`,

	'async function that returns a promise': `
	const tick = async (tag, n) => { for (let i = 0; i < n; i++) { seen.push(tag + i); await null; } };
	const f = async () => Promise.resolve('returned'); const g = async () => 'plain'; const h = async () => { return await Promise.resolve('awaited'); };
	f().then((v) => seen.push(v)); g().then((v) => seen.push(v)); h().then((v) => seen.push(v)); await tick('t', 6);`,

	'a promise has no properties of its own, and what is written over them is no part of it': `
	const all = [Promise.resolve(1), Promise.reject(2), new Promise(() => {}), gap('g')]; all[1].catch(() => {});
	for (const p of all) seen.push(Object.keys(p), JSON.stringify({ ...p }), 'value' in p, p.state, String(p));
	Object.assign(all[3], { state: 'fulfilled', value: 'none', reactions: null, handled: 1 }); seen.push(all[3].value); seen.push(await all[3]);`,

	'what inherits from a promise is none': `
	const heir = Object.create(gap('of the heir'));
	seen.push(heir instanceof Promise);
	try { heir.then(() => {}); } catch (e) { seen.push(e.constructor.name); }
	try { await heir; } catch (e) { seen.push(e.constructor.name); }
	try { await Promise.all([heir]); } catch (e) { seen.push(e.constructor.name); }`,

	'catch and finally': `
	const error = new Error('first');
	const p = Promise.reject(error).finally(() => { seen.push('finally'); return 'ignored'; }).catch((e) => { seen.push(e === error); return 'caught'; }).finally((...args) => { seen.push(args.length); });
	seen.push(await p);
	try { await Promise.resolve(1).finally(() => { throw new Error('of finally'); }); } catch (e) { seen.push(e.message); }
	try { await Promise.resolve(1).finally(() => Promise.reject(new Error('rejected'))); } catch (e) { seen.push(e.message); }
	seen.push(await Promise.resolve(7).finally(() => gap())); seen.push(await Promise.resolve(8).finally('no function'));`,

	'finally takes its ticks': `
	const tick = async (tag, n) => { for (let i = 0; i < n; i++) { seen.push(tag + i); await null; } };
	Promise.resolve('f').finally(() => { seen.push('finally'); }).then((v) => seen.push(v)); Promise.resolve('t').then((v) => v).then((v) => seen.push(v)); await tick('k', 7);`,

	'all: values, order, empty, iterables, rejection': `
	seen.push(await Promise.all([])); seen.push(await Promise.all([1, Promise.resolve(2), { then(f) { f(3); } }]));
	seen.push(await Promise.all(new Set(['x', 'y']).values())); seen.push(await Promise.all('ab'));
	try { await Promise.all([Promise.resolve(1), Promise.reject(new Error('second')), Promise.reject(new Error('third'))]); } catch (e) { seen.push(e.message); }
	try { await Promise.all(5); } catch (e) { seen.push(e.constructor.name); } try { await Promise.all(); } catch (e) { seen.push(e.constructor.name); }
	const list = [gap('g'), 'now']; seen.push(await Promise.all(list));`,

	'all settles after its last item, in ticks': `
	const tick = async (tag, n) => { for (let i = 0; i < n; i++) { seen.push(tag + i); await null; } };
	Promise.all([]).then(() => seen.push('empty')); Promise.all([1]).then(() => seen.push('one')); Promise.all([Promise.resolve(1), 2]).then(() => seen.push('two'));
	Promise.allSettled([Promise.reject(1)]).then(() => seen.push('settled')); Promise.any([1]).then(() => seen.push('any')); Promise.race([Promise.resolve(1)]).then(() => seen.push('race')); await tick('t', 6);`,

	allSettled: `
	seen.push(await Promise.allSettled([1, Promise.reject(2), gap(3), { then(_, no) { no(4); } }]));
	seen.push(Object.keys((await Promise.allSettled([1]))[0]), Object.keys((await Promise.allSettled([Promise.reject(0)]))[0]));`,

	any: `
	seen.push(await Promise.any([Promise.reject(1), gap(2), Promise.resolve(3)]));
	try { await Promise.any([]); } catch (e) { seen.push(e.constructor.name, e.errors, Object.getOwnPropertyDescriptor(e, 'errors').enumerable); }
	try { await Promise.any([Promise.reject('a'), Promise.reject('b')]); } catch (e) { seen.push(e instanceof AggregateError, e.errors, e.message); }`,

	race: `
	seen.push(await Promise.race([gap(1), Promise.resolve(2), 3])); seen.push(await Promise.race([3, Promise.resolve(2)]));
	try { await Promise.race([Promise.reject(new Error('lost')), 1]); } catch (e) { seen.push(e.message); }`,

	'withResolvers, try': `
	const { promise, resolve, reject } = Promise.withResolvers(); promise.then((v) => seen.push(v)); resolve('first'); resolve('second'); reject('third'); await gap(); await promise;
	const later = Promise.withResolvers(); await gap(); later.reject(new Error('later')); try { await later.promise; } catch (e) { seen.push(e.message); }
	seen.push(await Promise.try((a, b) => a + b, 1, 2)); try { await Promise.try(() => { throw new Error('try'); }); } catch (e) { seen.push(e.message); } seen.push(await Promise.try(async () => await gap('async')));`,

	'resolve: identity, thenables, self': `
	const p = Promise.resolve(1); seen.push(Promise.resolve(p) === p, Promise.reject(p).catch(() => {}) === p);
	const q = p.then((v) => v); seen.push(Promise.resolve(q) === q, q instanceof Promise, Object.prototype.toString.call(q), q.constructor === Promise);
	let self; self = new Promise((resolve) => queueMicrotask2(() => resolve(self))); try { await self; } catch (e) { seen.push(e.constructor.name); }
	async function queueMicrotask2(f) { await null; f(); }`,

	'thenables: called once, in a job, errors, getters': `
	const thenable = { then(yes, no) { seen.push('then', typeof yes, typeof no, this === thenable); yes('value'); no('late'); throw new Error('ignored'); } };
	seen.push('before'); const p = Promise.resolve(thenable); seen.push('after'); seen.push(await p); seen.push(await thenable);
	const bad = { get then() { seen.push('get then'); throw new Error('getter'); } }; try { await bad; } catch (e) { seen.push(e.message); } try { await Promise.resolve(bad); } catch (e) { seen.push(e.message); }
	const thrower = { then() { throw new Error('thrown'); } }; try { await thrower; } catch (e) { seen.push(e.message); }
	seen.push((await { then: 5 }).then); const nested = { then(yes) { yes({ then(yes2) { yes2('deep'); } }); } }; seen.push(await nested);`,

	'executor: throws, resolves twice, later': `
	try { await new Promise(() => { throw new Error('executor'); }); } catch (e) { seen.push(e.message); }
	seen.push(await new Promise((yes) => { yes(1); throw new Error('ignored'); })); let later; const p = new Promise((yes) => { later = yes; }); await gap(); later('later'); later('again'); seen.push(await p);
	try { new Promise(5); } catch (e) { seen.push(e.constructor.name); } try { Promise(() => {}); } catch (e) { seen.push(e.constructor.name); }
	const inner = new Promise((yes) => yes(gap('inner'))); seen.push(await inner);`,

	'one promise, many waiters, in the order they came': `
	const p = gap('v'); const w = async (tag) => { seen.push(tag, await p); }; const all = [w('a'), w('b')]; p.then((v) => seen.push('then' + v)); all.push(w('c')); await Promise.all(all); await w('d');`,

	'rejection handled later in the turn, and by a reaction': `
	const p = Promise.reject(new Error('x')); await null; await null; p.catch((e) => seen.push(e.message)); await p.then(() => seen.push('no'), () => seen.push('handled'));`,

	'await of many kinds': `
	for (const x of [1, 'a', null, undefined, Symbol.iterator, 5n, [], {}, () => 1]) seen.push(typeof await x);
	const order = []; const f = async (x) => { await x; order.push(typeof x); }; await Promise.all([f(1), f(Promise.resolve(1)), f({ then(y) { y(); } }), f(async () => {}), f((async () => {})())]); seen.push(order);`,

	'reactions added inside reactions': `
	const p = Promise.resolve(); p.then(() => { seen.push(1); p.then(() => seen.push(4)); Promise.resolve().then(() => seen.push(5)); }); p.then(() => { seen.push(2); }); seen.push(0); await p; seen.push(3); await null; await null; await null;`,

	'fibers take turns': `
	const step = async (tag, n) => { for (let i = 0; i < n; i++) { seen.push(tag + i); await (i % 2 ? Promise.resolve() : null); } return tag; };
	const inner = async () => { const v = await step('x', 2); seen.push('got ' + v); return v; };
	seen.push(await Promise.all([step('a', 3), inner(), step('b', 2), (async () => { try { return await inner(); } finally { seen.push('finally'); } })()]));`,

	'error in an async function before and after its first await': `
	const early = async () => { throw new Error('early'); }; const late = async () => { await null; throw new Error('late'); };
	const order = [early().catch((e) => seen.push(e.message)), late().catch((e) => seen.push(e.message)), Promise.resolve().then(() => seen.push('tick'))]; await Promise.all(order);`,

	'species and constructor of a promise': `
	seen.push(Promise[Symbol.species] === Promise, Promise.prototype.constructor === Promise, Promise.name, Promise.length);
	const p = Promise.resolve(1); seen.push(p.then.length, p.then.name, p.catch.name, p.finally.length, String(p), Promise.prototype.isPrototypeOf(p), 'then' in p);`,

	'static methods by another name': `
	const P = Promise; const { resolve } = Promise;
	seen.push(await P.all([3]), await P.resolve(4), await resolve.call(Promise, 5)); try { resolve(1); } catch (e) { seen.push(e.constructor.name); }`,
};

/** Promises of the host's own: a run may use them as long as it stays in memory. */
const HOT: Record<string, string> = {
	'a subclass of Promise': `
	class Mine extends Promise { static made = 0; constructor(f) { super(f); Mine.made++; } twice() { return this.then((v) => v * 2); } }
	const p = Mine.resolve(2); seen.push(p instanceof Mine, p instanceof Promise, p.twice() instanceof Mine, await p.twice(), Mine.made > 2);
	const all = Mine.all([1, p]); seen.push(all instanceof Mine, await all); const q = new Mine((yes) => yes(5)); seen.push(await q, (await Promise.resolve(q)) === 5, Promise.resolve(q) === q, Mine.resolve(q) === q);
	seen.push(await Promise.race([q, new Promise(() => {})]), await q.finally(() => {}), await Mine.try(() => 3));`,
};

describe.each(Object.entries({ ...CASES, ...HOT }))('%s', (name, body) => {
	const subject = compileSubject(
		`import { eff } from '#trace';\nexport async function main() { "use durable"; const seen = []; const gap = async (v) => await eff('gap', v); ${body}\nreturn seen; }`,
		'program.ts',
	);
	const outcome = async (way: (typeof WAYS)[number]) => (await execute(subject, way, {})).at(-1);
	test.each(WAYS.filter((way) => way !== 'plain' && (!(name in HOT) || /side$/.test(way))))('%s', async (way) => {
		expect(await outcome(way)).toBe(await outcome('plain'));
	});
});

test('a promise is printed as a native one is', () => {
	const [kept, failed] = [new DurablePromise(), new DurablePromise()];
	Object.assign(slotsOf(kept), { state: 'fulfilled', value: { a: ['b'] } });
	Object.assign(slotsOf(failed), { state: 'rejected', value: 'no' });
	const native = Promise.reject('no');
	native.catch(() => {});
	const printed = (all: unknown[]) => all.map((each) => inspect(each));
	expect(printed([new DurablePromise(), kept, failed, { kept }])).toEqual(
		printed([new Promise(() => {}), Promise.resolve({ a: ['b'] }), native, { kept: Promise.resolve({ a: ['b'] }) }]),
	);
	expect(inspect(Object.create(kept))).toBe('Promise {}');
});
