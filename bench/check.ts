/**
 * What checking a project costs, against what its type-checking costs: `perdure check` and `tsc --noEmit`
 * of the same TypeScript, each a process of its own, over a thousand generated files. The first check looks at
 * all of them; the next, with nothing changed since, finds what was said kept.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './ratio.ts';
import { ratio, report, time } from './report.ts';

const FILES = 1_000;
const ROUNDS = 5;
const root = fileURLToPath(new URL('..', import.meta.url));

/** A file of types and plain functions, as most are; `durable` ones have a durable function beside them. */
function source(index: number, durable: boolean): string {
	const before =
		index > 0 ? `import { type Order${index - 1}, total${index - 1} } from './file${index - 1}.ts';\n` : '';
	const earlier = index > 0 ? `Order${index - 1}` : 'undefined';
	const plain = `export interface Line${index} { readonly sku: string; count: number; price: number; tags: readonly string[] }
export interface Order${index} {
	readonly id: string;
	customer: { name: string; email: string; since: Date; address?: { street: string; city: string } };
	lines: Line${index}[];
	state: { kind: 'open' } | { kind: 'paid'; at: Date; receipt: string } | { kind: 'failed'; reason: Error };
	seen: Map<string, Set<number>>;
	before?: ${earlier};
}
export function total${index}(order: Order${index}): number {
	const own = order.lines.filter(({ count }) => count > 0).map(({ count, price }) => count * price);
	const before = ${index > 0 ? `order.before ? total${index - 1}(order.before) : 0` : '0'};
	return own.reduce((sum, each) => sum + each, before);
}
export const describe${index} = ({ id, customer, state }: Order${index}): string => {
	switch (state.kind) {
		case 'open': return \`\${id} of \${customer.name}\`;
		case 'paid': return \`\${id} paid at \${state.at.toISOString()}: \${state.receipt}\`;
		case 'failed': return \`\${id} failed: \${state.reason.message}\`;
	}
};
export async function charge${index}(email: string, amount: number, key: string): Promise<{ receipt: string; at: Date }> {
	const response = await fetch(\`https://example.com/\${email}\`, { method: 'POST', body: JSON.stringify({ amount, key }) });
	return (await response.json()) as { receipt: string; at: Date };
}
`;
	if (!durable) return before + plain;
	return `import { sleep } from '@perdure/runtime';\n${before}${plain}
export async function process${index}(order: Order${index}, options: { currency?: string; attempts: number }) {
	'use durable';
	const { id, customer, lines } = order;
	const reserved: string[] = [];
	for (const line of lines) {
		if (line.count === 0) continue;
		const { receipt } = await charge${index}(customer.email, line.price * line.count, \`\${id}-\${line.sku}\`);
		reserved.push(receipt);
	}
	const text = describe${index}(order);
	for (let attempt = 0; attempt < options.attempts; attempt++) {
		try {
			const { receipt, at } = await charge${index}(customer.email, total${index}(order), \`\${id}-\${attempt}\`);
			order.state = { kind: 'paid', at, receipt };
			break;
		} catch (error) {
			await sleep('1 hour');
			order.state = { kind: 'failed', reason: error as Error };
		}
	}
	const both = await Promise.all(lines.map(async ({ sku, price }) => {
		const { at } = await charge${index}(customer.email, price, sku);
		await sleep('1 day');
		return { sku, at };
	}));
	return { id, status: order.state.kind, reserved, both, text };
}
`;
}

const TYPESCRIPT = {
	6: join(root, 'node_modules/typescript'),
	7: join(root, 'test/typescript-7/node_modules/typescript'),
} as const;
type Version = keyof typeof TYPESCRIPT;

/** A project in which one file of `every` is durable. */
function generate(every: number, version: Version): string {
	const folder = mkdtempSync(join(tmpdir(), 'perdure-check-'));
	mkdirSync(join(folder, 'src'));
	mkdirSync(join(folder, 'node_modules'));
	symlinkSync(TYPESCRIPT[version], join(folder, 'node_modules/typescript'));
	for (const name of ['@perdure', '@types'])
		symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
	for (let i = 0; i < FILES; i++) writeFileSync(join(folder, `src/file${i}.ts`), source(i, i % every === 0));
	writeFileSync(join(folder, 'package.json'), '{ "name": "generated", "type": "module" }');
	const compilerOptions = {
		target: 'es2024',
		module: 'nodenext',
		strict: true,
		noEmit: true,
		skipLibCheck: true,
		allowImportingTsExtensions: true,
		types: ['node'],
	};
	writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
	return folder;
}

/** Nanoseconds of a process that must find nothing wrong. */
function run(...args: string[]): number {
	const start = performance.now();
	const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
	if (status !== 0) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
	return (performance.now() - start) * 1e6;
}

const perdure = join(root, 'packages/cli/dist/bin.js');

function measure(every: number, version: Version): void {
	const folder = generate(every, version);
	const tsc = join(TYPESCRIPT[version], 'bin/tsc');
	const check = ['check', '-p', folder];
	try {
		const samples = Array.from({ length: ROUNDS }, () => {
			const first = { tsc: run(tsc, '--noEmit', '-p', folder), first: run(perdure, ...check, '--no-cache') };
			// Nothing is kept of a project that was written a moment ago.
			while (!existsSync(join(folder, 'node_modules/.cache'))) run(perdure, ...check);
			return { ...first, next: run(perdure, ...check) };
		});
		for (const which of ['first', 'next'] as const) {
			const least = Math.min(...samples.map((each) => each[which]));
			const compared = {
				name: which,
				least,
				median: median(samples.map((each) => each[which] / each.tsc)),
				ofMinima: least / Math.min(...samples.map((each) => each.tsc)),
			};
			const files = `${FILES} files, ${every === 1 ? 'each with' : `one in ${every} with`} a durable function`;
			report([
				{
					what: `${which === 'first' ? `checking ${files}` : '&emsp;the next check'} (${time(least)})`,
					against: `\`tsc --noEmit\`, TypeScript ${version}`,
					figure: ratio(compared),
				},
			]);
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

for (const version of [6, 7] as const) for (const every of [10, 1]) measure(every, version);
