/**
 * Programs with more than one thing under way: the order of what can be seen must be that of native
 * promises, outside a run, in one, and in one that is dropped and restored at every turn.
 */
import { describe, expect, test } from 'vitest';
import { compileSubject, execute, WAYS } from './support/execute.ts';

const CASES: Record<string, string> = {
	'Promise.all of durable calls with several effects each, matched by identity': `
async function branch(tag) { "use durable"; const a = await eff(tag + 1, tag + 'a'); const b = await eff(tag + 2, tag + 'b'); return tag + a + b; }
export async function main() { "use durable"; return await Promise.all([branch('p'), branch('q'), branch('r'), branch('s')]); }`,

	'async closures by map, with shared captures': `
export async function main() { "use durable"; let sum = 0; const done = [];
	const out = await Promise.all([3, 1, 2].map(async (n) => { const v = await eff('n' + n, n * 10); sum += v; done.push(n); return v + n; }));
	return [out, sum, done.sort()]; }`,

	'foreign calls started by map': `
export async function main() { "use durable"; const out = await Promise.all([1, 2, 3].map((n) => eff('e' + n, n))); return out; }`,

	'foreign calls started through optional chains': `
const api = { nested: { send(x) { return this === api.nested ? eff('send', x) : fail('receiver'); } } };
export async function main() { "use durable"; const local = { f: (x) => eff('local', x) };
	const all = [api?.nested.send('a'), api.nested?.send?.('b'), (api?.nested.send)('c'), local?.f('d'), local.f?.('e'), api.none?.send('x')];
	await eff('gap', 0); const out = []; for (const p of all) out.push(await p); return out; }`,

	'foreign calls started in the arguments of what is no effect': `
async function now(p) { "use durable"; return await p; }
async function take(p, more) { "use durable"; await eff('gap', 0); const v = await p; return [v, more && await more.p, more && await more.list[0]]; }
const api = { make: (x) => eff('made', x), give: async (p, x) => [await p, x], take };
export async function main() { "use durable"; const map = new Map(); const local = { async take(p) { await eff('gap', 1); return await p; } };
	const a = await take(eff('x', 1)); const b = await take(api.make(2), { p: eff('y', 3), list: [eff('z', 4)] });
	const c = await api.take(api.give(eff('inner', 'k'), 5)); const d = await local.take(eff('l', 6)); const e = await local['take'](eff('m', 7));
	await map.set('p', eff('kept', 8)); await eff('gap', 2); const f = await map.get('p');
	const g = await take(eff('before', 9), await eff('between', 0)); const h = await (await now)(fail('no', 'bad')).catch((error) => error.message);
	const i = await new (class { constructor(p) { this.p = p; } then(ok) { ok([this.p]); } })(eff('n', 10)); await eff('gap', 3);
	return [a, b, c, d, e, f, g, h, await i[0]]; }`,

	'a promise of the run is awaited by an effect it was handed to': `
const give = async (p, x) => [await p, x]; const list = async (o) => await Promise.all(o.list);
export async function main() { "use durable"; const p = eff('inner', 'k'); const q = give(p, 5);
	const a = await give(p, 6); const durable = (async () => { await eff('gap', 1); return 'own'; })(); const b = await list({ list: [durable, p] });
	return [a, b, await q, await p]; }`,

	'a promise kept, awaited twice, awaited by two fibers': `
async function waiter(tag, p) { "use durable"; const v = await p; log(tag, v); return v; }
export async function main() { "use durable"; const p = eff('one', 1); const a = waiter('a', p); const b = waiter('b', p);
	const first = await p; const again = await p; return [first, again, await a, await b]; }`,

	'two fibers await one effect that fails': `
async function waiter(tag, p) { "use durable"; try { await p; } catch (e) { log(tag, e.message); return tag; } }
export async function main() { "use durable"; const p = fail('one', 'no'); return await Promise.all([waiter('a', p), waiter('b', p)]); }`,

	'then, catch, finally': `
export async function main() { "use durable"; const order = [];
	const p = Promise.resolve(1).then((v) => { order.push('then' + v); return v + 1; }).finally(() => { order.push('finally'); }).then((v) => { order.push('last' + v); throw new Error('x' + v); }).catch((e) => { order.push(e.message); return 'caught'; });
	order.push('sync'); const r = await p; return [r, order]; }`,

	'then survives a restore': `
export async function main() { "use durable"; let seen = []; const p = eff('a', 1).then((v) => { seen.push(v); return eff('b', v + 1); }).then((v) => { seen.push(v); return v * 100; });
	const q = await eff('c', 3); const r = await p; return [q, r, seen]; }`,

	'order of reactions among promises of the run': `
export async function main() { "use durable"; const order = [];
	const step = async (tag, n) => { for (let i = 0; i < n; i++) { order.push(tag + i); await null; } return tag; };
	const nested = async () => { order.push('n'); return step('x', 1); };
	const all = [step('a', 3), step('b', 2), nested(), Promise.resolve().then(() => order.push('t1')).then(() => order.push('t2'))];
	Promise.resolve().then(() => { order.push('u1'); return Promise.resolve('adopted'); }).then((v) => order.push(v));
	await Promise.all(all); await null; await null; await null; return order; }`,

	'race, any, allSettled': `
export async function main() { "use durable";
	const first = await Promise.race([eff('slow', 's'), Promise.resolve('now')]);
	const any = await Promise.any([fail('f', 'bad'), eff('ok', 'good')]);
	const settled = await Promise.allSettled([eff('s1', 1), fail('s2', 'no')]);
	let none; try { await Promise.any([fail('f1', 'a'), fail('f2', 'b')]); } catch (e) { none = [e.constructor.name, e.errors.map((x) => x.message)]; }
	return [first, any, settled.map((s) => s.status === 'fulfilled' ? s.value : s.reason.message), none]; }`,

	'new Promise, withResolvers, try': `
export async function main() { "use durable"; let open; const gate = new Promise((resolve) => { open = resolve; });
	const waiting = (async () => { const v = await gate; return 'got ' + v; })();
	await eff('before', 0); open('key'); const { promise, resolve, reject } = Promise.withResolvers(); const t = Promise.try((a) => a + 1, 1);
	await eff('between', 1); resolve(7); reject(new Error('late'));
	let bad; try { await new Promise((_, no) => { no(new Error('refused')); bad = 1; }); } catch (e) { bad = e.message; }
	return [await waiting, await promise, await t, bad]; }`,

	'await of an assignment keeps the promise': `
export async function main() { "use durable"; let p, q = null; const v = await (p = eff('a', 1)); const w = await (q ??= eff('b', 2)); return [v, await p, w, await q, p instanceof Promise]; }`,

	'return of a call through finally': `
async function f() { "use durable"; try { return eff('inside', 1); } finally { log('finally', 0); await eff('cleanup', 2); } }
async function g() { "use durable"; try { return fail('inside', 'bad'); } catch { return 'never'; } finally { log('finally', 1); } }
export async function main() { "use durable"; const a = await f(); let b; try { b = await g(); } catch (e) { b = e.message; } return [a, b]; }`,

	'a queue shared by two workers': `
export async function main() { "use durable"; const queue = [1, 2, 3, 4, 5]; const out = [];
	const worker = async (tag) => { while (queue.length > 0) { const n = queue.shift(); out.push([n, await eff(tag + n, n * n)][1]); } };
	await Promise.all([worker('a'), worker('b')]); return [out.sort((x, y) => x - y), queue.length]; }`,

	'bounded concurrency in plain code': `
export async function main() { "use durable"; const results = []; const running = new Set();
	for (const n of [1, 2, 3, 4, 5, 6]) { const p = eff('n' + n, n).then((v) => { results.push(v); running.delete(p); }); running.add(p); if (running.size >= 2) await Promise.race(running); }
	await Promise.all(running); return results.sort(); }`,

	'a fiber that is never awaited ends with the root': `
export async function main() { "use durable"; const log1 = []; const p = (async () => { await eff('a', 1); const never = new Promise(() => {}); await never; })(); p.catch(() => {});
	await eff('b', 2); await eff('c', 3); return 'done'; }`,

	'a closure that calls an async closure of its own': `
export async function main() { "use durable"; const base = 10; const make = (k) => async (x) => { const v = await eff('m' + x, x); return v * k + base; };
	const times2 = make(2), times3 = make(3); const [a, b] = [await times2(1), await times3(1)]; const more = await Promise.all([times2(5), times3(5)]); return [a, b, more]; }`,

	'a synchronous throw of a started call': `
export async function main() { "use durable"; let caught; const boom = () => { throw new Error('sync'); }; try { const p = boom(); await p; } catch (e) { caught = e.message; } return caught; }`,

	'a rejection handled in the same turn': `
export async function main() { "use durable"; const p = (async () => { throw new Error('early'); })(); await null; let m; try { await p; } catch (e) { m = e.message; } return m; }`,

	'a promise resolved with a durable promise': `
export async function main() { "use durable"; const inner = eff('inner', 5); const outer = new Promise((resolve) => resolve(inner)); const chained = Promise.resolve(outer); return [await outer, await chained, chained === outer]; }`,

	'promises of the run handed to foreign functions': `
const helper = async (p) => (await p) + 1; const both = async ({ p }, list) => { let sum = await p; for (const q of list) sum += await q; return [sum, await p]; };
export async function main() { "use durable"; const slow = (async () => { const a = await eff('a', 1); return a + await eff('b', 2); })(); const now = Promise.resolve(10);
	const one = await helper(slow); const two = await both({ p: now }, [slow, eff('c', 5), now]); let bad; const broken = fail('f', 'no'); try { await helper(broken); } catch (e) { bad = e.message; }
	return [one, two, bad, await Array.fromAsync([now, 2, slow])]; }`,

	'foreign calls started by tagged templates': `
const sql = (strings, ...values) => eff('sql', strings.join('?') + values.join()); const db = { name: 'db', sql(strings, x) { return eff(this.name, strings[0] + x); } };
export async function main() { "use durable"; const started = [sql\`a\${1}b\`, db.sql\`c\${2}\`, sql\`d\${await eff('inside', 3)}\`]; await eff('gap', 0); const out = []; for (const p of started) out.push(await p); return out; }`,

	'promises inside structures': `
export async function main() { "use durable"; const map = new Map([['a', eff('a', 1)], ['b', eff('b', 2)]]); const object = { list: [eff('c', 3)] }; await eff('gap', 0);
	return [await map.get('a'), await map.get('b'), await object.list[0]]; }`,
};

describe.each(Object.entries(CASES))('%s', (_, source) => {
	const subject = compileSubject(`import { eff, fail, log } from '#trace';\n${source}`, 'program.ts');
	test.each(WAYS.filter((way) => way !== 'plain'))('%s', async (way) => {
		const plain = await execute(subject, 'plain', {});
		// An effect that starts before its turn is committed may run twice; which of two effects settles first is open.
		const seen = (lines: string[]) => [...new Set(lines)].sort();
		expect(seen(await execute(subject, way, {}))).toEqual(seen(plain));
	});
});

test('a run that nothing can move on fails and says where it stands', async () => {
	const source =
		'export async function main() { "use durable"; let kept; const never = new Promise((resolve) => { kept = resolve; }); await never; return kept; }';
	const subject = compileSubject(source, 'program.ts');
	expect((await execute(subject, 'inside', {})).at(-1)).toMatch(/DeadlockError.*program\.ts:1:/);
});
