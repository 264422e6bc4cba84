/**
 * The main job, to watch: an order that stops in one process and goes on in another, one process
 * killed in the middle of a payment, and what the compiler says to a program that could not be saved.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'perdure-demo-'));
const database = join(folder, 'orders.db');
const bankBook = join(folder, 'bank.txt');

function startProcess(file: string, args: string[], env: Record<string, string> = {}) {
	const child = spawn(process.execPath, ['--import', '@perdure/transform/register', here(file), ...args], {
		stdio: 'inherit',
		env: { ...process.env, ...env },
		cwd: here('.'),
	});
	const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
	return { child, exited };
}

async function step(title: string, args: string[]): Promise<void> {
	const { child, exited } = startProcess('process.ts', [database, ...args]);
	console.log(`\n--- process ${child.pid}: ${title}`);
	if ((await exited) !== 0) throw new Error('that process failed');
}

const [program] = /export async function[\s\S]*?\n\}\n/.exec(readFileSync(here('checkout.ts'), 'utf8'))!;
console.log(`The whole program (examples/checkout/checkout.ts), a plain async function:\n\n${program}`);
console.log('Each step from here on is a process of its own; all that they share is a file.');

try {
	await step('starts the order', ['start']);
	await step('confirms it', ['answer', 'true']);
	await step('gives an address', ['answer', '"12 St James Square, London"']);
	await step('pays with a card that is refused', ['answer', '{"number":"1234"}']);

	const killed = startProcess('process.ts', [database, 'answer', '{"number":"4111111111111111"}'], {
		BANK_BOOK: bankBook,
		BANK_DELAY: '60000',
	});
	console.log(`\n--- process ${killed.child.pid}: pays with a good card; the bank is slow ...`);
	while (!existsSync(bankBook)) await delay(20);
	killed.child.kill('SIGKILL');
	await killed.exited;
	console.log('    ... and the process is killed (SIGKILL) in the middle of the payment');

	process.env.BANK_BOOK = bankBook;
	await step('recovers, asks the bank again with the same key, and finishes', ['wait']);
	console.log(`\nWhat the bank saw:\n${readFileSync(bankBook, 'utf8').replace(/^/gm, '  ').trimEnd()}`);

	console.log('\n--- and a program that could not be saved does not compile:\n');
	// As `npx perdure check` does in a project that has it installed.
	const perdure = here('../../packages/cli/dist/bin.js');
	spawnSync(process.execPath, [perdure, 'check', '--pretty', '-p', here('invalid')], { stdio: 'inherit' });
} finally {
	rmSync(folder, { recursive: true, force: true });
}
