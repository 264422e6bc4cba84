/**
 * Programs of calls of foreign code: every way to write one, in every place, with arguments that are made in place and
 * cannot be saved, and effects that fail, are tried again and time out. One call comes after the other, so that the
 * order of what they do is that of the program.
 */
import { Random } from './random.ts';

const PROLOGUE = `import { effect, currentEffect } from '@perdure/runtime';
import { eff, log } from '#trace';
class Made {
	constructor(n) { this.n = n; this.live = () => n; }
}
const make = (...list) => new Made(list.map(numberOf).join('-'));
const makers = { of: make };
const numberOf = (part) => part instanceof Made ? part.live() : Array.isArray(part) ? part.map(numberOf).join('/') : part?.of !== undefined ? numberOf(part.of) : part;
const send = (tag, ...parts) => eff(tag, parts.map(numberOf).join(' '));
const refuse = async (tag, ...parts) => { await send(tag, ...parts); throw new RangeError(tag); };
const boom = (tag, ...parts) => { throw new TypeError(tag + ' ' + parts.map(numberOf).join(' ')); };
const whose = async function (tag, ...parts) { return send(tag, this?.name, ...parts); };
const api = { send, refuse, boom, get got() { return send; }, tagged: (strings, ...parts) => send(...parts), table: (...parts) => ({ run: (tag) => send(tag, ...parts) }) };
async function child(tag, ...parts) {
	"use durable";
	return [tag, await Promise.all(parts.flat())];
}
`;

/** Their policies hold in a run only. */
const POLICIES = `const attemptOf = () => currentEffect().attempt;
const flaky = effect(async function (tag, ...parts) {
	const value = await send(tag + ':' + attemptOf(), this?.name, ...parts);
	if (attemptOf() < 3) throw new RangeError(tag);
	return value;
}, { retry: { attempts: 3, delay: 0 } });
const hopeless = effect(async (tag, ...parts) => refuse(tag + ':' + attemptOf(), ...parts), { retry: { attempts: 2, delay: 0 } });
const late = effect(async (tag, ...parts) => {
	await send(tag, ...parts);
	await new Promise((_, reject) => currentEffect().signal.addEventListener('abort', () => reject(new Error('aborted'))));
}, { timeout: 20 });
`;

export interface EffectPrograms {
	/** Are there effects that are declared with a policy? Outside a run they are other programs. */
	readonly policies: boolean;
}

export function generateEffects(seed: number, { policies }: EffectPrograms): string {
	const random = new Random(seed);
	const statements = random.times(3 + random.int(5), (i) => statement(random, `t${i}`, policies));
	return `${PROLOGUE}${policies ? POLICIES : ''}export async function main() {
"use durable";
const self = { name: 'self' };
const key = 'send';
let n = 1;
${statements.join('\n')}
return n;
}
`;
}

function part(random: Random, deep: number): string {
	const inner = () => part(random, deep - 1);
	return random.make<string>([
		[2, () => `n + ${random.int(9)}`],
		[2, () => `make(${random.pick(['n', 'n', 'make(n)', 'new Made(n)'])})`],
		[1, () => `makers.of(n, ...[n, ${random.int(9)}])`],
		[2, () => `new Made(n)`],
		[deep > 0 ? 1 : 0, () => `{ of: ${inner()} }`],
		[deep > 0 ? 1 : 0, () => `[${inner()}, ${inner()}]`],
	]);
}

/** A call of foreign code that gives a promise, or throws. */
function callOf(random: Random, tag: string, policies: boolean, deep = 2): string {
	const parts = random.times(1 + random.int(2), () => part(random, deep));
	const args = [`'${tag}'`, ...parts, ...(random.chance(0.2) ? ['...[n]'] : [])].join(', ');
	const simple = [`'${tag}'`, `n`, `{ of: n }`].join(', ');
	return random.make<string>([
		[4, () => `send(${args})`],
		[2, () => `api.send(${args})`],
		[1, () => `api['send'](${args})`],
		[1, () => `api[key](${args})`],
		[1, () => `api?.send?.(${args})`],
		[1, () => `(api?.send)(${args})`],
		[1, () => `api.got(${args})`],
		[1, () => `send.call(null, ${args})`],
		[1, () => `whose.call(self, ${args})`],
		[deep > 0 ? 1 : 0, () => `whose.apply(self, [${args}])`],
		[1, () => `api.tagged\`a\${'${tag}'}b\${${parts[0]}}\``],
		[1, () => `send(${args}).then((x) => [x, n])`],
		[1, () => `refuse(${args}).catch((e) => e.message)`],
		[1, () => `refuse(${args})`],
		[1, () => `api.boom(${args})`],
		[policies ? 3 : 0, () => `${random.pick(['flaky', 'hopeless'])}(${simple})`],
		[policies ? 1 : 0, () => `flaky.call(self, ${simple})`],
		[policies ? 1 : 0, () => `flaky.apply(self, [${simple}])`],
		[policies ? 1 : 0, () => `late(${simple})`],
	]);
}

function statement(random: Random, tag: string, policies: boolean): string {
	const call = (nth = '') => callOf(random, tag + nth, policies);
	// In the arguments of a call of the run only what stands there itself is made again.
	const handed = () => callOf(random, tag, policies, 0);
	const text = random.make<string>([
		[4, () => `log('${tag}', await ${call()});`],
		[1, () => `log('${tag}', await api.table(${part(random, 2)}).run('${tag}'));`],
		[5, () => `const p = ${call()}; log('${tag}', await p);`],
		[1, () => `let p; p = ${call()}; log('${tag}', await p);`],
		[2, () => `const f = (n) => ${call()}; log('${tag}', await f(n + 1));`],
		[2, () => `const f = async (n) => ${call()}; const p = f(n); log('${tag}', await p);`],
		[2, () => `log('${tag}', await Promise.all([${call()}]));`],
		[1, () => `log('${tag}', await Promise.allSettled([${call('a')}]).then((all) => all.map((r) => r.status)));`],
		[2, () => `log('${tag}', await child('${tag}', ${handed()}));`],
		[1, () => `log('${tag}', await Promise.all([child('${tag}', [${handed()}])]));`],
		[1, () => `log('${tag}', await (n > 0 ? ${call()} : null));`],
		[1, () => `const list = [n].map((n) => ${call()}); log('${tag}', await Promise.all(list));`],
	]);
	return `try { ${text} } catch (e) { log('${tag} caught', [e.name, e.name === 'TimeoutError' ? '' : e.message]); }\nn++;`;
}
