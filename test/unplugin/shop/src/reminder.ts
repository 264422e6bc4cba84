/** Nobody uses what this exports: a stored run names it. */
export async function remind(customer: string): Promise<string> {
	'use durable as reminder';
	return `dear ${await customer}`;
}
