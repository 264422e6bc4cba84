/**
 * Racket's web continuations without a session: a page's form leads to a URL that holds the rest of the
 * purchase, sealed. Any process with the key can go on with it, the back button works, and nothing has
 * to be cleaned up. `SEAL_KEY=$(openssl rand -base64 32) node --import @perdure/transform/register server.ts`
 */
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { formatLog, keyring, type Outcome, run, SealError, sealToken, unsealToken } from '@perdure/runtime';
import { buy, type Page } from './shop.ts';

const keys = keyring({ current: 'shop-1', keys: { 'shop-1': process.env.SEAL_KEY! } });
const bound = { audience: 'shop' };
const expires = process.env.EXPIRES === undefined ? '1 hour' : Number(process.env.EXPIRES);

async function goOn(request: IncomingMessage): Promise<Outcome<string>> {
	const { searchParams } = new URL(request.url!, 'http://shop');
	if (request.method !== 'POST') return run(buy, []);
	const purchase = await unsealToken(searchParams.get('purchase') ?? '', keys, { ...bound, fn: buy });
	const [answer] = new URLSearchParams(await text(request)).values();
	return purchase.resume(answer ?? '');
}

async function render(outcome: Outcome<string>): Promise<string> {
	if (outcome.status === 'completed') {
		console.log(formatLog(outcome.log));
		return `<p>${html(outcome.value)}</p>`;
	}
	if (outcome.status !== 'suspended') throw outcome.status === 'failed' ? outcome.error : outcome;
	const page = outcome.value as Page;
	const purchase = await sealToken(outcome.continuation, keys, { ...bound, expires });
	return `<p>${html(page.text)}</p>
<form method="post" action="/?purchase=${purchase}"><input name="${page.field}"><button>Go on</button></form>`;
}

function html(value: string): string {
	return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

const server = createServer(async (request, response) => {
	response.setHeader('content-type', 'text/html; charset=utf-8');
	try {
		response.end(await render(await goOn(request)));
	} catch (error) {
		response.statusCode = SealError.is(error) ? 400 : 500;
		response.end(`<p>${html(error instanceof Error ? error.message : String(error))}</p>`);
	}
});
server.listen(Number(process.env.PORT ?? 0), () => console.log((server.address() as { port: number }).port));
