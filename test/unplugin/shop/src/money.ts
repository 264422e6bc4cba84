import { serializable } from '@perdure/runtime';

/** What a program may do with its amounts is its own. */
export class Money {
	readonly cents: number;
	constructor(cents: number) {
		this.cents = cents;
	}
	plus(other: Money): Money {
		return new Money(this.cents + other.cents);
	}
	toString(): string {
		return (this.cents / 100).toFixed(2);
	}
}
serializable(Money);
