export interface Expense {
	readonly id: number;
	readonly amount: number;
	readonly manager: string;
}

export async function check(expense: Expense): Promise<Expense> {
	if (!(expense.amount > 0)) throw new Error(`${expense.amount} is no amount`);
	return expense;
}

export async function pay(expense: Expense): Promise<string> {
	return `paid ${expense.amount} for expense ${expense.id}`;
}
