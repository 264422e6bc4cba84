import type { Mail, NewMail, Posted } from '../ports/store.ts';
import { type Data, ENDED, type Run, setReady, tell } from './data.ts';

export function post(data: Data, mail: NewMail): Posted {
	const run = data.runs.get(mail.runId);
	if (run === undefined) return { outcome: 'missing' };
	switch (mail.kind) {
		case 'message': {
			if (mail.id !== null && find(run, 'message', mail.id) !== undefined) return { outcome: 'repeated' };
			if (ENDED.has(run.status)) return { outcome: 'over' };
			return add(data, run, mail, mail.name, mail.id, null);
		}
		case 'cancel': {
			if (find(run, 'cancel', '') !== undefined) return { outcome: 'repeated' };
			if (ENDED.has(run.status)) return { outcome: 'over' };
			return add(data, run, mail, '', '', null);
		}
		case 'answer': {
			if (mail.sender !== undefined && isAnsweredBy(run, mail.sender)) return { outcome: 'repeated' };
			const unanswered = run.open.filter((id) => find(run, 'answer', id) === undefined);
			if (mail.suspension === null && unanswered.length > 1) return { outcome: 'ambiguous', open: unanswered };
			const suspension = mail.suspension ?? unanswered[0];
			if (suspension === undefined) return { outcome: 'closed' };
			const before = find(run, 'answer', suspension);
			if (before !== undefined) {
				return before.hash === mail.hash ? { outcome: 'repeated' } : { outcome: 'answered', suspension };
			}
			if (!run.open.includes(suspension)) return { outcome: 'closed' };
			return add(data, run, mail, suspension, suspension, mail.hash, mail.sender);
		}
	}
}

export function isAnsweredBy(run: Run, sender: string): boolean {
	return run.mail.some((mail) => mail.sender === sender);
}

function find(run: Run, kind: NewMail['kind'], id: string) {
	return run.mail.find((mail) => mail.kind === kind && mail.id === id);
}

export function add(
	data: Data,
	run: Run,
	mail: Pick<Mail, 'kind' | 'payload'>,
	name: string,
	id: string | null,
	hash: string | null,
	sender?: string,
): Posted {
	run.mail.push({ number: ++run.sent, kind: mail.kind, name, payload: mail.payload, id, hash, sender });
	const { owner } = run;
	if (owner !== null) queueMicrotask(() => owner.listener.mail(run.id));
	else if (run.status === 'waiting' || (run.status === 'pending' && mail.kind === 'cancel')) {
		setReady(data, run, Math.min(run.readyAt ?? Number.POSITIVE_INFINITY, data.clock.now()));
		tell(data, (listener) => listener.due());
	}
	return { outcome: 'posted' };
}
