import { SealError } from '../errors/saving.ts';
import { UnknownFunctionError } from '../errors/schema.ts';
import { decode, decodeLive } from '../machine/bytes.ts';
import { again, cancelFailed, loadWith } from '../machine/failure.ts';
import { Machine, type MachineOptions } from '../machine/machine.ts';
import { beginning } from '../machine/run-state.ts';
import { readState, stateWriter } from '../machine/state.ts';
import type { RunRow } from '../ports/store.ts';
import { shared } from '../registry/shared.ts';
import { keyIdOf } from '../sealing/at-rest.ts';
import type { Warm } from './hot-states.ts';
import { type Input, readRetry, type StoredRetry, standsAfter } from './stored.ts';
import { StoredLog } from './stored-log.ts';

/**
 * The machine of a stored run: of its state, or, before its first turn, of what it begins with.
 * @param turn the one that the state is of, where that is not the row's.
 * @param opened what was opened of the resources that it has `closed`.
 * @throws UnknownFunctionError, SchemaMismatchError, DecodeError, SealError where an engine without keys meets sealed bytes.
 */
export function load(row: RunRow, o: MachineOptions, turn = row.turn, opened?: readonly object[]): Warm {
	checkOpened(row);
	const retry = readRetry(row.event, row.turn);
	if (retry !== null && turn === row.turn) return loadAgain(row, retry, o, opened);
	if (turn > 0) {
		const { state, writer, closed } = readState(row.state, opened);
		const machine = new Machine(state, o, { closed, opened });
		if (machine.runId === row.id) return { machine, writer, log: new StoredLog(), turn };
		machine.fork(row.id, state.lineage);
		// Turns that failed there left the state as it was.
		state.turn = turn;
		return { machine, writer: stateWriter(), log: new StoredLog(), turn, midway: true };
	}
	const def = shared.functions.get(row.functionId);
	if (def === undefined) throw new UnknownFunctionError({ functionId: row.functionId });
	const { value, closed } = decodeLive(row.state[0]!, opened);
	const { self, args } = value as Input;
	const begun = beginning({ runId: row.id, def, self, args, now: row.startedAt });
	const machine = new Machine(begun, o, { closed, opened });
	return { machine, writer: stateWriter(), log: new StoredLog(), turn };
}

/** @throws SealError where an engine without keys meets sealed bytes. */
export function checkOpened({ state }: RunRow): void {
	for (const part of state) {
		const keyId = keyIdOf(part);
		if (keyId !== null) throw new SealError({ kind: 'unknown-key', keyId });
	}
}

/** A failed run that is tried again: as it stood before the turn that failed, and what that is to begin with. */
function loadAgain(row: RunRow, retry: StoredRetry, o: MachineOptions, opened?: readonly object[]): Warm {
	const standing = (opened?: readonly object[]) => load(row, o, standsAfter(row), opened);
	const { event, ...warm } = loadWith(retry.event, opened, standing);
	const { machine } = warm;
	// What it commits follows the turn that failed.
	machine.state.turn = row.turn;
	const failure = { event, error: null };
	if (retry.cancel !== undefined) {
		// Where it failed as it was cleaning up it is left as it is: it fails once more.
		const first = machine.state.cancel === null;
		return { ...warm, turn: row.turn, again: first ? cancelFailed(failure, decode(retry.cancel)) : failure.event };
	}
	const what = again(failure, retry);
	if (what !== null && 'issue' in what && retry.newKeys) machine.rekey(what.issue);
	return { ...warm, turn: row.turn, again: what !== null && 'deliver' in what ? what.deliver : null };
}
