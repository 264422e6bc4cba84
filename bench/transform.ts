/** Speed of the compiler and size of what it emits, against Babel's lowering of the same files. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { compact, compile, regenerate, strip } from './compiled.ts';
import { compare } from './ratio.ts';
import { bytes, ratio, report, time } from './report.ts';

interface File {
	readonly name: string;
	/** JavaScript, so that both compilers parse the same. */
	readonly text: string;
}

/** The fixtures that both can compile (regenerator alone lowers no patterns and no `for`-`of`). */
function fixtures(): File[] {
	return ['run', 'lower'].flatMap((area) => {
		const folder = fileURLToPath(new URL(`../fixtures/${area}/`, import.meta.url));
		return readdirSync(folder).flatMap((name) => {
			const path = `${folder}${name}/input.ts`;
			try {
				const text = strip(readFileSync(path, 'utf8'), path);
				compile(text, path);
				compact(regenerate(text, path));
				return [{ name: path, text }];
			} catch {
				return [];
			}
		});
	});
}

/** A module of `functions` durable functions, of 40 lines each. */
function generated(functions: number): File {
	const body = (i: number) => `export async function process${i}(order, options = {}) {
	'use durable';
	const id = order.id;
	const email = order.customer.email;
	const items = order.items;
	let total = 0;
	const reserved = [];
	for (let i = 0; i < items.length; i++) {
		const item = items[i];
		if (item.count === 0) continue;
		const price = await priceOf(item.sku, options.currency ?? 'EUR');
		total += price * item.count;
		try {
			reserved.push(await stock.reserve(item.sku, item.count));
		} catch (error) {
			if (error.code !== 'EMPTY') throw error;
			const other = await alternative(item, await stock.list(item.sku));
			if (!other) return { id, status: 'unavailable', sku: item.sku };
			reserved.push(other);
		}
	}
	let attempt = 0;
	retry: for (;;) {
		attempt++;
		try {
			const receipt = await payments.charge(email, total, { key: \`\${id}-\${attempt}\` });
			await Promise.resolve(receipt);
			break;
		} catch (error) {
			switch (error.code) {
				case 'DECLINED':
					return { id, status: 'declined' };
				case 'BUSY':
					if (attempt < 5) {
						await pause(2 ** attempt * 100 + ${i});
						continue retry;
					}
				default:
					throw error;
			}
		} finally {
			await audit('charge', id, attempt);
		}
	}
	return { id, status: 'paid', total, parts: reserved.length + ${i} };
}
`;
	return { name: 'generated.js', text: Array.from({ length: functions }, (_, i) => body(i)).join('\n') };
}

const regenerated = ({ text, name }: File) => regenerate(text, name);
const compiled = ({ text, name }: File) => compile(text, name);

async function speed(what: string, files: readonly File[]): Promise<void> {
	const over = (lower: (file: File) => string) => (times: number) => {
		for (let i = 0; i < times; i++) for (const file of files) lower(file);
	};
	const [babel, ours] = await compare(
		[
			{ name: 'Babel', run: over(regenerated) },
			{ name: 'perdure', run: over(compiled) },
		],
		{ rounds: 11, sample: 200, warmUp: 3000 },
	);
	const lines = files.reduce((sum, { text }) => sum + text.split('\n').length, 0);
	report([
		{
			what: `compiling ${what} (${lines} lines): ${time(ours!.least)}`,
			against: `Babel’s async-to-generator + regenerator (${time(babel!.least)})`,
			figure: ratio(ours!),
		},
	]);
}

function size(what: string, files: readonly File[]): void {
	const sizes = (lower: (file: File) => string) => {
		const text = files.map((file) => compact(lower(file))).join('\n');
		return { plain: text.length, packed: gzipSync(text, { level: 9 }).length };
	};
	const [source, babel, ours] = [sizes(({ text }) => text), sizes(regenerated), sizes(compiled)];
	const times = (a: number, b: number) => (a / b).toFixed(2);
	const both = (x: typeof ours) => `${times(x.plain, source.plain)}, gzip ${times(x.packed, source.packed)}`;
	report([
		{
			what: `size of ${what}, compiled (${bytes(ours.plain)})`,
			against: 'the source, both without white space',
			figure: both(ours),
		},
		{ what: '&emsp;the same by Babel’s regenerator, helpers not counted', against: 'the source', figure: both(babel) },
	]);
}

const small = fixtures();
const large = [generated(250)];
await speed(`${small.length} fixtures`, small);
await speed('one large module', large);
size('the fixtures', small);
size('one function of the large module', [generated(1)]);
