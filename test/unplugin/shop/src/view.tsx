/** @jsx h */
declare global {
	namespace JSX {
		interface IntrinsicElements {
			b: object;
		}
	}
}

export const h = (name: string, _: unknown, ...inner: readonly unknown[]): string =>
	`<${name}>${inner.join('')}</${name}>`;

export const confirmation = async (customer: string, total: string): Promise<unknown> => {
	'use durable';
	const name = await Promise.resolve(customer.toUpperCase());
	return (
		<b>
			{name} pays {total}
		</b>
	);
};
