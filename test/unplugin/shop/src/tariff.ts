/** Another class of that name, and another function of that name: bundlers rename one of each. */
class Money {
	readonly rate = 2;
}

function total(amount: number): number {
	return amount * new Money().rate;
}

export const shipping = (weight: number): number => total(weight);
