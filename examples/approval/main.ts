/**
 * One step of an approval, or of whoever keeps the books: `main.ts <database> claim <expense as JSON>`,
 * `... decide <id> <answer>`, `... books`.
 */
import { createEngine, formatLog, InvalidAnswerError } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import type { Expense } from './accounts.ts';
import { approval, reimburse } from './approval.ts';

const [database, step, subject, answer] = process.argv.slice(2) as [
	string,
	'claim' | 'decide' | 'books',
	string,
	string,
];
await using engine = createEngine({ store: sqlite(database), functions: [reimburse] });

if (step === 'claim') {
	const expense = JSON.parse(subject) as Expense;
	const claim = await engine.start(reimburse, [expense], { id: `expense-${expense.id}` });
	const outcome = await claim.next();
	console.log(outcome.status === 'suspended' ? outcome.value : outcome);
} else if (step === 'decide') {
	const claim = engine.get(reimburse, subject);
	try {
		// Whatever came over the wire: what is no answer is refused here, and never reaches the run.
		await claim.resume(approval, answer as 'approved');
		console.log(await claim.result());
		console.log(formatLog(await claim.log()));
	} catch (error) {
		if (!InvalidAnswerError.is(error)) throw error;
		console.log(error.message);
	}
} else {
	const signal = AbortSignal.timeout(300);
	try {
		for await (const { event, ack } of engine.outbox({ signal })) {
			console.log(JSON.stringify(event));
			await ack();
		}
	} catch (error) {
		if (error !== signal.reason) throw error;
	}
}
