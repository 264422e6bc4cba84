/**
 * Programs of the kind that such compilers get wrong. Each does the same as written, compiled, in a
 * run, and dropped and restored at every suspension point.
 */
import { expect, test } from 'vitest';
import { disagreement } from '../../support/compare.ts';

const PROGRAMS: Readonly<Record<string, string>> = {
	'a finally that returns, breaks or continues overrides what was to happen': `
		async function f(n) { "use durable"; for (let i = 0; i < 5; i++) { try { if (n === 0) return i; if (n === 1) throw new Error('x'); if (n === 2) break; if (n === 3) continue; await eff('b', i); } finally { await eff('f', i); if (n === 4) return 'over'; if (n === 5) break; if (i > 2) continue; } } return 'end'; }
		export async function main() { "use durable"; const out = []; for (let n = 0; n < 7; n++) { try { out.push(await f(n)); } catch (e) { out.push(e.message); } } return out; }
	`,
	'jumps run every finally between them and their target': `
		export async function main() { "use durable"; outer: for (const a of [1,2,3]) { try { for (const b of [1,2]) { try { await eff('ab', [a,b]); if (b === 1 && a === 2) continue outer; if (a === 3) break outer; } finally { await eff('in', [a,b]); } } } finally { await eff('out', a); } } try { try { return await eff('r', 1) } finally { await eff('f1') } } finally { log('f2') } }
	`,
	'a label on a block inside a switch inside a try': `
		export async function main() { "use durable"; const out = []; for (const v of [0,1,2,3]) { try { switch (v) { case await eff('c', 0): out.push('zero'); blk: { if (await eff('q', true)) break blk; out.push('never'); } out.push('after'); case 1: out.push('one'); break; default: out.push('d'); x: { y: { await eff('y'); break x; } } case 9: out.push('nine'); } } catch (e) { out.push(e.message) } finally { out.push('f') } } return out; }
	`,
	'closures in the head and the body of a for loop see their own iteration': `
		export async function main() { "use durable"; const fs = []; for (let i = 0, g = () => i; i < 3; i++) { fs.push(() => i++, g); await eff('w', i); } const r = fs.map(f => f()); await eff('x'); return [r, fs.map(f => f())]; }
	`,
	'the same in loops that do not suspend': `
		export async function main() { "use durable"; const fs = []; for (let i = 0; i < 3; i++) { let j = i * 2; fs.push(() => [i, j++]); j++; } for (const k of [1,2]) { fs.push(() => k) } for (let k of [1,2]) { fs.push(() => k++) } for (let k in {a: 1, b: 2}) { fs.push(() => k += 'x') } await eff('x'); const r = fs.map(f => f()); await eff('y'); return [r, fs.map(f => f())]; }
	`,
	'the dead zone is kept across awaits, for every kind of use': `
		export async function main() { "use durable"; const out = []; const t = (f) => { try { return f() } catch (e) { return e.name + e.message } }; out.push(t(() => x)); await eff('1'); try { x = 1 } catch (e) { out.push(e.message) } try { y } catch (e) { out.push(e.message) } try { typeof y } catch (e) { out.push(e.message) } try { y += await eff('2', 2) } catch (e) { out.push(e.message) } try { y++ } catch (e) { out.push(e.message) } try { [y] = [1] } catch (e) { out.push(e.message) } try { y ||= 3 } catch (e) { out.push(e.message) } let x = await eff('3', 3); const y = 4; out.push(x, y, t(() => x)); x = 5; out.push(t(() => x)); return out; }
	`,
	'a constant is assigned in vain, after the right side was evaluated': `
		export async function main() { "use durable"; const out = []; const c = await eff('c', 1); for (const op of ['=', '+=', '++', '&&=', '||=', '??=', 'p', 'for']) { try { switch (op) { case '=': c = log('rhs', await eff('v', 2)); break; case '+=': c += log('rhs', 3); break; case '++': c++; break; case '&&=': c &&= log('rhs', 1); break; case '||=': out.push(c ||= log('no', 1)); break; case '??=': out.push(c ??= log('no', 2)); break; case 'p': [c] = log('arr', [1]); break; case 'for': for (c of [1]) ; } } catch (e) { out.push(op, e.name, e.message) } } return [out, c]; }
	`,
	'a key of a target is converted once': `
		export async function main() { "use durable"; const o = { get a() { log('get a'); return this._a ?? 1 }, set a(v) { log('set a', v); this._a = v } }; const k = () => ({ toString() { log('key'); return 'a' } }); const g = () => log('obj', o) && o; o[k()] = 1; await eff('1'); return 1; }
	`,
	'the left side is read before the await on the right': `
		export async function main() { "use durable"; let n = 0; const list = [1,2,3]; list[n++] += await eff('a', 10); list[n++] = n + (await eff('b', 5)); let s = 'a'; s += (s += 'b', await eff('c', 'c')); let q = { v: 1 }; q.v += await (async () => { q.v = 50; return eff('d', 1) })(); const z = n + (n = 9, await eff('e', n)) + n; return [list, n, s, q, z]; }
	`,
	'substitutions become strings one after the other': `
		export async function main() { "use durable"; let n = 1; const o = { toString() { log('ts', n); return 'o' + n } }; return \`\${o.toString()}\${n}\${(n = 2, await eff('x', 'X'))}\${n}\${o.toString()}\`; }
	`,
	'optional chains end early and keep their receivers': `
		export async function main() { "use durable"; const n = null; const o = { f(x) { return [this.k, x] }, k: 7, n: null, d: { e: 1 } }; const out = [n?.[await eff('never')], n?.x.y(await eff('never')), o?.f(await eff('1', 1)), o.f?.(await eff('2', 2)), o.n?.(await eff('never')), o?.['f'](await eff('3', 3)), delete o?.d[await eff('4', 'e')], o.d, (o?.f)(await eff('5', 5)), await n?.foo(), await o?.f(6), await o.g?.(1), await o.n?.x.y()]; return out; }
	`,
	'spread and holes beside awaits': `
		export async function main() { "use durable"; const a = [1, , 3]; const f = (...x) => x.length + ':' + x.join(); return [f(...a, await eff('x', 4), ...[5, 6]), [...a, , await eff('y', 7), ...a], { a: 1, ...{ b: 2, a: 3 }, [await eff('k', 'c')]: 4, ...{ b: 9 } }, Math.max(...a.filter(Boolean), await eff('z', 10))]; }
	`,
	'patterns whose defaults and keys await': `
		export async function main() { "use durable"; const src = { a: undefined, b: { c: [1, undefined, 3, 4] }, z: 1, y: 2 }; const { a = await eff('da', 'A'), b: { c: [p, q = await eff('dq', 'Q'), ...r] }, [await eff('k', 'z')]: zz, ...rest } = src; let x, y2, o = {}; [x = await eff('dx', 1), o[await eff('k2', 'kk')], ...o.rest] = [undefined, 2, 3, 4]; ({ x, y: y2 = await eff('n', 0), ...o.more } = { x: 5, m: 6 }); [x, y2] = [y2, await eff('sw', x)]; return [a, p, q, r, zz, rest, x, y2, o]; }
	`,
	'patterns and loops close their iterators': `
		export async function main() { "use durable"; const out = []; function it(n) { let i = 0; return { [Symbol.iterator]() { return this }, next() { log('next', i); return { value: i++, done: i > n } }, return() { log('return'); return {} } } } { const [a, b] = it(5); out.push(a, b); } try { const [a, { x } = boom('d')] = [1]; } catch (e) { out.push(e.message) } await eff('e'); for (const x of it(3)) { if (x === 1) break; } return out; }
	`,
	'loops over every built-in collection': `
		export async function main() { "use durable"; const out = []; for (const c of 'aé😀b') out.push(await eff('c', c)); for (const [k, v] of new Map([[1, 2], [3, 4]])) out.push(k, await eff('m', v)); const s = new Set([1, 2]); for (const x of s) { if (x < 4) s.add(x + 2); out.push(await eff('s', x)); } for (const [i, x] of ['p', 'q'].entries()) out.push(i, await eff('e', x)); for (const x of new Uint8Array([7, 8])) out.push(await eff('u', x)); const arr = [1, 2, 3]; for (const x of arr) { if (x === 1) arr.push(9); out.push(await eff('a', x)); } for (const k of new Map([[1, 2]]).keys()) out.push(await eff('k', k)); for (const k in { a: 1, b: 2, c: 3 }) { out.push(await eff('i', k)); if (k === 'b') break; } return out; }
	`,
	'collections that change while they are iterated': `
		export async function main() { "use durable"; const out = []; const o = { a: 1, b: 2, c: 3 }; for (const k in o) { out.push(k); delete o.b; o.d = 1; await eff('x', k); } const m = new Map([[1, 1], [2, 2], [3, 3]]); for (const [k] of m) { out.push(k); m.delete(2); if (k === 1) m.set(4, 4); await eff('y', k); } return out; }
	`,
	'this and arguments, in arrows too': `
		const o = { n: 1, async m(a, ...b) { "use durable"; const f = () => this.n; await eff('x', a); this.n++; return [f(), this.n, b, arguments.length, (() => arguments[0])()]; } };
		export async function main() { "use durable"; return await o.m(1, 2, 3); }
	`,
	'parameters that see one another and have a scope of their own': `
		async function f(a, b = a + 1, { c = b * 2, d: [e] = [c] } = {}, g = () => [a, b, c, e], ...h) { "use durable"; await eff('x', b); a = 100; return [a, b, c, e, g(), h, f.length]; }
		async function t(a = b, b) { "use durable"; return 1 }
		async function u(a, f = () => a) { "use durable"; var a; const r = [a, f()]; a = 5; await eff('u'); return [r, a, f()]; }
		export async function main() { "use durable"; const out = [await f(1), await f(1, 2, { c: 3 }, undefined, 9, 8), await u(7)]; try { await t() } catch (e) { out.push(e.name) } return out; }
	`,
	'functions and vars are hoisted': `
		export async function main() { "use durable"; log('h', typeof g); const r = [g(3), v]; var v = await eff('v', 1); { function inner() { return v } r.push(inner()); } function g(n) { return n <= 0 ? 'done' : h(n - 1) } function h(n) { return g(n) } await eff('w'); r.push(g(2), v); if (true) { var v = 2; } r.push(v); return r; }
	`,
	'names that hide one another': `
		export async function main() { "use durable"; let x = 1; { let x = 2; await eff('a', x); { let x = 3; await eff('b', x); x++; log('x', x); } log('x', x); } for (let x = 5; x < 7; x++) { let x = 'in'; await eff('c', x); } try { throw 4 } catch (x) { await eff('d', x); } const eff2 = ((eff) => eff)(3); switch (x) { case 1: let x = 'sw'; await eff('e', x); } return [x, eff2]; }
	`,
	'let without a value is undefined in each iteration, var is not': `
		export async function main() { "use durable"; const out = []; for (let i = 0; i < 3; i++) { let x; out.push(x); x = i; await eff('x', x); var y; out.push(y); y = i; } let n = 0; do { let z; out.push(z); z = await eff('z', n) } while (++n < 2); return out; }
	`,
	'anonymous functions take the names of what they initialise': `
		export async function main() { "use durable"; const { f = () => 1, g: h = function () {} } = {}; let k; k = () => {}; let c = class {}; const { d = class {} } = {}; const o = { m() {}, a: () => {}, async z() {}, ['x' + 1]: () => 1, ['y' + 1]() {}, __proto__: null }; await eff('x'); const q = [() => {}][0]; let w = (0, () => {}); const im = ((p = () => {}) => p.name)(); return [f, h, k, o.m, o.a, o.z, o.x1, o.y1, q, w].map(f => f.name).concat(im); }
	`,
	'so do anonymous classes': `
		export async function main() { "use durable"; let c = class {}; const { d = class {} } = {}; class E { static n = c.name } let x = { k: class {} }; const r = [c.name, d.name, E.name, E.n, x.k.name]; c = d = x = null; await eff('x'); return r; }
	`,
	'conditions that await': `
		export async function main() { "use durable"; let n = 0; while (await eff('w', n) < 3 && (n++, await eff('y', true))) { if (n === 2) continue; log('b', n); } do { n--; if (n === 1) continue; log('d', n) } while (await eff('dw', n > 0)); for (await eff('init'); !(await eff('t', n > 2)); n = await eff('u', n + 1)) log('l', n); return n; }
	`,
	'operators that await': `
		export async function main() { "use durable"; const t = true, f = false; return [t ? await eff('1', 1) : await eff('no'), f && await eff('no'), t && await eff('2', 2), f || await eff('3', 3), null ?? await eff('4', 4), (await eff('5', 0)) || 'x', (log('a'), await eff('6', 6), log('b', 7)), !(await eff('7', 1)), typeof await eff('8', 's'), void await eff('9'), -(await eff('10', 3)), (await eff('11', 'k')) in { k: 1 }, [] instanceof (log('c'), await (t ? Array : eff('no')))]; }
	`,
	'an await is distributed into the arms of its operand': `
		export async function main() { "use durable"; const t = true; return [await (t ? eff('a', 1) : eff('b', 2)), await (!t ? eff('a', 1) : 5), await (t && eff('c', 3)), await (!t && eff('c', 3)), await (null ?? eff('d', 4)), await (log('l'), eff('e', 5)), await 6]; }
	`,
	'returned calls': `
		async function a(x) { "use durable"; return x ? eff('t', 1) : 2 } async function b(x) { "use durable"; return x && eff('b', 1) } async function c() { "use durable"; return (log('c'), eff('cc', 3)) } async function d() { "use durable"; try { return eff('d') } catch { return 'caught' } } async function e() { "use durable"; try { return JSON.parse('{') } catch (e) { return e.name } } async function g() { "use durable"; for (const x of [1, 2]) { await eff('g', x); if (x === 1) return eff('gr', x) } } const h = async (x) => { "use durable"; return a(x) };
		export async function main() { "use durable"; return [await a(1), await a(0), await b(0), await b(1), await c(), await d(), await e(), await g(), await h(1)] }
	`,
	'catch with patterns, without parameter, nested': `
		export async function main() { "use durable"; const out = []; try { await fail('a') } catch ({ message, name: n = await eff('dn') }) { out.push(message, n) } try { try { await fail('b') } finally { await eff('fb') } } catch (e) { out.push(e.message) } try { boom('c') } catch { out.push(await eff('nc', 'nc')) } try { try { throw new Error('1') } catch (e) { await eff('x'); throw new Error('2', { cause: e.message }) } } catch (e) { out.push(e.message, e.cause) } return out; }
	`,
	'arguments of an async closure': `
		export async function main() { "use durable"; return await inner(1, 2); async function inner() { const f = () => arguments.length; await eff('x'); return [f(), arguments[1], ...arguments]; } }
	`,
	'chains, foreign and built in': `
		const db = { q: [], table(t) { this.q = [t]; return this }, where(x) { this.q.push(x); return this }, async run() { log('run', this.q); return this.q } };
		export async function main() { "use durable"; const u = await eff('u', 'user'); const r = await db.table(u).where({ a: log('arg', 1) }).run(); const s = await eff('p', 1).then((x) => x + 1).then(log.bind(null, 'th')); const list = [3, 1, 2]; const m = await list.filter((x) => x > 1).map((x) => x * 2); return [r, s, m, await list.map((x) => x + 1).join(), await 'a-b'.split('-').map((s) => s + s).at(-1)]; }
	`,
	'async closures share variables and call themselves': `
		export async function main() { "use durable"; let total = 0; const add = async (n, m = n) => { const before = total; await eff('n', n); total = before + n + m; return total }; for (let i = 0; i < 3; i++) await add(i); const fact = async function f(n) { if (n < 2) return 1; await eff('f', n); return n * await f(n - 1) }; return [total, await fact(4)]; }
	`,
	'generators within a turn': `
		export async function main() { "use durable"; const k = await eff('k', 2); function* g(n) { for (let i = 0; i < n; i++) { const r = yield i * k; if (r) log('r', r) } } const l = [...g(3)]; await eff('l', l); const it = { *[Symbol.iterator]() { yield 1; yield* g(2) } }; return [l, [...it]]; }
	`,
	'accessors and classes over captured variables within a turn': `
		export async function main() { "use durable"; let n = 1; const o = { get v() { return n++ }, set v(x) { n = x } }; const r = [o.v, o.v, (o.v = 10, o.v), n]; class P { #x = n; get x() { return this.#x + n } static { n++ } inc() { return ++n } } const p = new P(); r.push(p.x, p.inc(), n); return r; }
	`,
	'new with arguments that await, and awaited': `
		class K { constructor(a, b) { this.a = a; this.b = b } }
		export async function main() { "use durable"; const k = { a: 1, ...new K(await eff('1', 1), await eff('2', 2)) }; const d = new Date(await eff('d', 5)); const p = await new Promise((r) => r(7)); const m = await new Map([[1, { x: 2 }]]).get(1); return [k, d.getTime(), p, m]; }
	`,
	'deeply nested operands': `
		export async function main() { "use durable"; const f = (...a) => a.reduce((x, y) => x + y, 0); return f(1, f(await eff('a', 2), f(3, await eff('b', 4)), await eff('c', 5)), f(await f(await eff('d', 6)), 7)) + (await eff('e', 8)) * (await eff('f', 9)) - f(f(f(await eff('g', 1)))); }
	`,
	'callbacks made in place': `
		async function each(list, f) { const out = []; for (const x of list) out.push(await f(x)); return log('each', out) }
		export async function main() { "use durable"; const k = await eff('k', 10); const a = await each([1, 2], (x) => x * k); const b = await each([1, 2], async (x) => { const y = await eff('y', x); return y * k }); const c = await each([3], async function (x) { return [typeof this, arguments.length, await eff('z', x)] }); return [a, b, c]; }
	`,
	'var in loops is one variable': `
		export async function main() { "use durable"; var fs = []; for (var i = 0; i < 2; i++) { fs.push(() => i); await eff('i', i) } for (var { a } of [{ a: 1 }, { a: 2 }]) { fs.push(() => a); await eff('a', a) } return fs.map((f) => f()); }
	`,
	'parameters that closures change': `
		export async function main() { "use durable"; const mk = (a, { b, c = () => b } = { b: 2 }, ...r) => { const inc = () => { a++; b++; r.push(a); return [a, b, c(), r] }; return inc }; const i1 = mk(1), i2 = mk(5, { b: 6 }, 7); await eff('x'); return [i1(), i1(), i2(), mk.length]; }
	`,
	'catch parameters, switch scopes and blocks of closures': `
		export async function main() { "use durable"; const mk = (n) => { const fs = []; try { throw n } catch (e) { fs.push(() => e++) } try { throw { p: n } } catch ({ p }) { fs.push(() => p++) } switch (n) { case 1: let s = 5; fs.push(() => s++); break; default: fs.push(() => { try { return s } catch (e) { return e.name } }); } L: for (let i = 0; ; i++) { fs.push(() => i); if (i > 1) break L; continue L } { function blk() { return n++ } fs.push(blk) } return fs }; const f1 = mk(1), f2 = mk(2); await eff('x'); return [f1.map((f) => f()), f1.map((f) => f()), f2.map((f) => f())]; }
	`,
	'patterns in loop heads, captured': `
		export async function main() { "use durable"; const fs = []; for (let { a, b: [c] } of [{ a: 1, b: [2] }, { a: 3, b: [4] }]) { fs.push(() => [a++, c++]); await eff('x', a) } for (const [k, v] of Object.entries({ p: 1 })) fs.push(() => k + v); await eff('y'); return fs.map((f) => f()); }
	`,
	'this, arguments and new.target of members, in arrows too': `
		export async function main() { "use durable"; const k = await eff('k', 1); class C { #p = k; constructor(x) { this.x = x; this.nt = (() => new.target === C)() } run() { return (() => [this.x, this.#p, arguments.length, (() => this.x)()])() } static make(...a) { return new C(...a) } get g() { const f = () => { const q = 1; try { q = 2 } catch (e) { return e.name + this.x } }; return f() } static s = (() => this.name)(); static { this.t = [1].map((v) => v + k + this.s) } *gen() { yield* [this.x, ...(() => [this.x])()] } async am() { return await (async () => this.x)() } } const r = C.make(5); const o = { get z() { return (() => this.y)() }, y: 3, m() { return (() => this.y)() } }; return [r.run(1), r.nt, r.g, C.s, C.t, [...r.gen()], o.z, o.m()]; }
	`,
	'names of blocks that do not suspend hide variables of the frame': `
		export async function main() { "use durable"; const d = 5; let e = 1; const out = []; const a = await eff('a'); for (let d; 0;) ''; for (const d of [1]) out.push(d); for (const e in { k: 1 }) out.push(e); try { throw 2 } catch (d) { out.push(d) } { let d = 7, { e } = { e: 8 }; out.push(d, e); } switch (1) { case 1: let d = 9; out.push(d) } { function d() { return 3 } out.push(d()) } { class e {} out.push(e.name, (class {}).name) } { let C = 1; C = class {}; out.push(C.name) } { const { d: x = d, ...e } = { q: 1 }; out.push(x, e) } L: for (let d = 0; d < 2; d++) { if (d) continue L; out.push(() => d) } await eff('b', d); return [d, e, ...out.map((f) => typeof f === 'function' ? f() : f)]; }
	`,
	'arguments of a function, captured by arrows in arrows': `
		export async function main() { "use durable"; const f = function () { return (() => () => arguments.length + arguments[0])()() }; await eff('a'); return f(4, 5); }
	`,
	'increments of members whose parts await': `
		export async function main() { "use durable"; const o = { n: 1, l: [1, 2] }; (await eff('o', 1), o).n++; o.l[await eff('i', 1)]--; const r = o.l[await eff('i', 0)]++ + ++o.n; return [r, o]; }
	`,
	'a declaration that uses itself too early': `
		export async function main() { "use durable"; const out = []; try { let x = await eff('x', x) } catch (e) { out.push(e.message) } try { const y = () => y2(), y2 = () => 1; out.push(y()) } catch (e) { out.push(e.message) } try { for (const z of [await eff('z', z)]) ; } catch (e) { out.push(e.message) } try { const [q = r, r] = [] } catch (e) { out.push(e.message) } return out; }
	`,
};

for (const [title, program] of Object.entries(PROGRAMS)) {
	test(title, async () => {
		const found = await disagreement(`import { log, eff, fail, boom } from '#trace';\n${program}`);
		expect(found?.text ?? null).toBeNull();
	});
}
