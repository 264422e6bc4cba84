/** The shop whose purchases live in the URLs of its forms: a server over HTTP, and a client that does what a browser does. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, type Process, start } from './process.ts';

interface Page {
	readonly status: number;
	readonly html: string;
}

/** Knows pages, forms and the back button, and nothing of the shop. */
class Browser {
	origin = '';
	readonly #seen: Page[] = [];

	get page(): Page {
		return this.#seen.at(-1)!;
	}

	get text(): string {
		return /<p>(.*)<\/p>/s.exec(this.page.html)![1]!;
	}

	async open(path: string, init?: RequestInit): Promise<void> {
		const response = await fetch(new URL(path, this.origin), init);
		this.#seen.push({ status: response.status, html: await response.text() });
	}

	/** Fills in the form of the page and sends it. */
	async submit(value: string, change: (action: string) => string = (action) => action): Promise<void> {
		const [, method, action] = /<form method="(\w+)" action="([^"]*)">/.exec(this.page.html)!;
		const [, field] = /<input name="(\w+)">/.exec(this.page.html)!;
		await this.open(change(action!), { method: method!, body: new URLSearchParams({ [field!]: value }) });
	}

	back(): void {
		this.#seen.pop();
	}
}

async function serve(env: Record<string, string>, browser: Browser): Promise<Process> {
	const server = start('web-form/server.ts', [], env);
	browser.origin = `http://127.0.0.1:${await server.line()}`;
	return server;
}

const secret = () => randomBytes(32).toString('base64');

test('a purchase goes on in another server, the back button leads back, a form sent twice is one payment', async () => {
	const book = join(folder(), 'bank.txt');
	const env = { SEAL_KEY: secret(), BANK_BOOK: book };
	const browser = new Browser();
	const first = await serve(env, browser);
	await browser.open('/');
	await browser.submit('tea');
	await browser.submit('<scones>');
	expect(browser.text).toContain('In the basket: tea, &lt;scones>.');
	await first.kill();

	const second = await serve(env, browser);
	await browser.submit('jam');
	expect(browser.text).toContain('tea, &lt;scones>, jam');
	browser.back();
	await browser.submit('');
	expect(browser.text).toBe('2 things: from which account?');
	await second.kill();

	const third = await serve(env, browser);
	await browser.submit('savings');
	const log = [await third.line(), await third.line()].join('\n');
	await expect(`${log}\n`).toMatchFileSnapshot('../../examples/web-form/log.txt');
	expect(browser.text).toBe('Paid 20 from savings. Thank you for your order of tea and &lt;scones>!');
	browser.back();
	await browser.submit('savings');
	expect(browser.text).toContain('Paid 20');
	expect(readFileSync(book, 'utf8')).toMatch(/^\S+ 20 from savings\n$/);
});

test('a URL that was changed, of another shop, or too old is refused, and the shop stays open', async () => {
	const env = { SEAL_KEY: secret(), BANK_BOOK: join(folder(), 'bank.txt') };
	const browser = new Browser();
	const shop = await serve(env, browser);
	await browser.open('/');
	await browser.submit('tea', (action) => action.replace(/.{9}$/, 'AAAAAAAAA'));
	expect([browser.page.status, browser.text]).toEqual([400, expect.stringContaining('were changed')]);
	browser.back();
	await browser.submit('tea');
	expect(browser.page.status).toBe(200);
	await shop.kill();

	const other = await serve({ ...env, SEAL_KEY: secret() }, browser);
	await browser.submit('jam');
	expect(browser.page.status).toBe(400);
	browser.back();
	await other.kill();

	await serve({ ...env, EXPIRES: '1' }, browser);
	await browser.submit('jam');
	await browser.submit('milk');
	expect([browser.page.status, browser.text]).toEqual([400, expect.stringContaining('have expired')]);
});
