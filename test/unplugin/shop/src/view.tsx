/** @jsx h */
declare global {
	namespace JSX {
		type Element = string;
		interface IntrinsicElements {
			b: object;
		}
	}
}

export const h = (name: string, _: unknown, ...inner: readonly unknown[]): string =>
	`<${name}>${inner.join('')}</${name}>`;

export const confirmation = async (customer: string, total: string): Promise<string> => {
	'use durable';
	const name = await Promise.resolve(customer.toUpperCase());
	return (
		<b>
			{name} pays {total}
		</b>
	);
};
