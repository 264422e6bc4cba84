import { decodeLive } from '../machine/bytes.ts';
import type { Event } from '../machine/turn.ts';
import type { Mail } from '../ports/store.ts';
import type { Closed } from '../registry/resources.ts';
import type { Answer } from './stored.ts';

/** Mail as the run takes it. `opened`: of the resources that it gave as `closed`. @throws DecodeError */
export function readMail(
	mail: Mail,
	opened?: readonly object[],
): { readonly value: Event; readonly closed: readonly Closed[] } {
	const { kind, name, payload, status } = mail;
	if (kind === 'ended' && status === undefined) {
		return { value: { type: 'childEnded', child: name, ended: null }, closed: [] };
	}
	const { value, closed } = decodeLive(payload, opened);
	return { value: eventOf(mail, value), closed };
}

function eventOf({ kind, name, status }: Mail, value: unknown): Event {
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
