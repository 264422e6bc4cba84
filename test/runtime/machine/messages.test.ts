/** Messages: buffered by name in the order they came, also before the run asks. */
import { expect, test } from 'vitest';
import { readLog } from '../../../packages/runtime/src/machine/log.ts';
import { simulate } from './simulation.ts';

function durable(body: string) {
	return simulate(`import { receive, sleep, suspend } from '@perdure/runtime';
		export async function main() { "use durable"; ${body} }`);
}

test('what came before the run asks is taken in order, without another turn', () => {
	const run = durable(`
		await sleep(1);
		return [await receive('m'), await receive('m'), await receive('m')];`);
	for (const payload of ['a', 'b', 'c']) run.send('m', payload);
	expect(run.pending).toEqual(['sleep sleep']);
	run.advance(1);
	expect(run.last).toMatchObject({ status: 'completed', outcome: ['a', 'b', 'c'] });
});

test('names have queues of their own', () => {
	const run = durable("await sleep(1); return [await receive('b'), await receive('a')];");
	run.send('a', 1);
	run.send('b', 2);
	expect(run.advance(1).outcome).toEqual([2, 1]);
});

test('a message after the run asks is delivered at once; others wait', () => {
	const run = durable("const x = await receive('m'); await suspend(); return [x, await receive('m')];");
	expect(run.machine.waits).toMatchObject([{ kind: 'receive', name: 'm', value: undefined }]);
	run.send('other', 0);
	expect(run.pending).toEqual(['receive receive']);
	run.send('m', 1);
	run.send('m', 2);
	expect(run.pending).toEqual(['suspend suspend']);
	expect(run.answer().outcome).toEqual([1, 2]);
});

test('buffered messages survive bytes, in order, as copies', () => {
	const payload = { n: 1 };
	const run = durable("await sleep(1); return [await receive('m'), await receive('m')];");
	run.send('m', payload);
	payload.n = 9;
	run.send('m', new Map([['k', payload]]));
	payload.n = 99;
	run.restore();
	expect(run.advance(1).outcome).toEqual([{ n: 1 }, new Map([['k', { n: 9 }]])]);
});

test('undefined is a message', () => {
	const run = durable("await sleep(1); return [await receive('m'), await receive('m')];");
	run.send('m');
	run.send('m', 2);
	expect(run.advance(1).outcome).toEqual([undefined, 2]);
});

test('a name that is no string throws at the await', () => {
	const run = durable('try { await receive(5); } catch (e) { return e.name; }');
	expect(run.last.outcome).toBe('TypeError');
});

test('a receive in the log names its message, and is one record of the turn in which it got it', () => {
	const run = durable("await sleep(1); await receive('m');");
	run.send('m', { x: 1 });
	run.advance(1);
	const received = readLog(run.last.log).filter(({ kind }) => kind === 'receive');
	expect(received).toMatchObject([{ state: 'executed', args: ['m'], outcome: { value: { x: 1 } } }]);
	expect(run.last.log.filter((item) => !('prune' in item) && item.kind === 'receive')).toHaveLength(1);
});

test('an answer to what is not open any more is in the log, discarded', () => {
	const run = durable('try { await suspend(); } finally { await sleep(1); }');
	const suspension = run.machine.waits[0]!.id;
	run.cancel('enough');
	run.apply({ type: 'resumed', suspension, ok: true, value: { n: 1 } });
	expect(readLog(run.last.log)).toMatchObject([
		{ kind: 'suspend', name: 'resume', key: suspension, args: [{ n: 1 }], state: 'discarded', outcome: null },
	]);
	expect(run.advance(1)).toMatchObject({ status: 'cancelled', outcome: 'enough' });
});

test('what is left when the run is over is in the log, discarded', () => {
	const run = durable("await suspend(); return await receive('m');");
	for (const [name, payload] of [
		['m', 1],
		['m', { n: 2 }],
		['other', 3],
	] as const)
		run.send(name, payload);
	run.answer();
	expect(run.last).toMatchObject({ status: 'completed', outcome: 1 });
	expect(readLog(run.last.log).slice(-2)).toMatchObject([
		{ kind: 'receive', name: 'm', state: 'discarded', args: [{ n: 2 }] },
		{ kind: 'receive', name: 'other', state: 'discarded', args: [3] },
	]);
});
