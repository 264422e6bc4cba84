import { defineQuestion, emit, suspend, TimeoutError } from '@perdure/runtime';
import { z } from 'zod';
import { check, type Expense, pay } from './accounts.ts';

/** What a manager is asked, and what counts as an answer. */
export const approval = defineQuestion<Expense, 'approved' | 'rejected'>('approval', {
	answer: z.enum(['approved', 'rejected']),
});

/** An expense, from claim to payment. Its manager has a week; whoever keeps the books reads the events. */
export async function reimburse(claim: Expense): Promise<string> {
	'use durable';
	const expense = await check(claim);
	let decision: 'approved' | 'rejected' | 'expired';
	try {
		decision = await suspend(approval, expense, { timeout: '7 days' });
	} catch (error) {
		if (!TimeoutError.is(error)) throw error;
		decision = 'expired';
	}
	const receipt = decision === 'approved' ? await pay(expense) : null;
	await emit({ type: `expense-${decision}`, id: expense.id, receipt });
	return decision;
}
