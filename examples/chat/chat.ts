import { suspend } from '@perdure/runtime';
import { complete, type Message } from './model.ts';

/** A conversation: it may go on for years, and what is kept of it is what is said here and no more. */
export async function chat(remembered = 20): Promise<string> {
	'use durable';
	const history: Message[] = [];
	let answer: Message = { role: 'assistant', content: 'Hello! What is on your mind?' };
	for (let turns = 1; ; turns++) {
		const content = await suspend<string>(answer.content);
		history.push({ role: 'user', content });
		answer = await complete(history);
		history.push(answer);
		if (answer.done) return `${turns} turns, the last of them: ${content}`;
		history.splice(0, history.length - remembered);
	}
}
