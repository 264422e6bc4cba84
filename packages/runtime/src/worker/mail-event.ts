import { decode } from '../machine/bytes.ts';
import type { Event, Unread } from '../machine/turn.ts';
import type { Mail } from '../ports/store.ts';
import type { Answer } from './stored.ts';

/** Mail as the run takes it. @throws DecodeError */
export function eventOf({ kind, name, payload, status }: Mail): Event {
	if (kind === 'ended' && status === undefined) return { type: 'childEnded', child: name, ended: null };
	const value = decode(payload);
	switch (kind) {
		case 'ended':
			return { type: 'childEnded', child: name, ended: { status: status!, value } };
		case 'message':
			return { type: 'received', name, payload: value };
		case 'answer':
			return { type: 'resumed', suspension: name, ...(value as Answer) };
		case 'cancel':
			return { type: 'cancelled', reason: value };
	}
}

/** What a run that ends leaves of its mail. */
export function unreadOf(mail: readonly Mail[]): Unread[] {
	return mail.map(eventOf).filter((event) => event.type === 'received' || event.type === 'resumed');
}
