import { UnknownFunctionError } from '../errors/schema.ts';
import { Machine, type MachineOptions } from '../machine/machine.ts';
import { readState, stateWriter } from '../machine/state.ts';
import type { RunRow } from '../ports/store.ts';
import { shared } from '../registry/shared.ts';
import { decode } from './bytes.ts';
import type { Warm } from './hot-states.ts';
import type { Input } from './stored.ts';

/**
 * The machine of a stored run: of its state, or, before its first turn, of what it begins with.
 * @param turn the one that the state is of, where that is not the row's.
 * @throws UnknownFunctionError, SchemaMismatchError, DecodeError
 */
export function load(row: RunRow, o: MachineOptions, turn = row.turn): Warm {
	if (turn > 0) {
		const { state, writer } = readState(row.state);
		return { machine: new Machine(state, o), writer, turn };
	}
	const def = shared.functions.get(row.functionId);
	if (def === undefined) throw new UnknownFunctionError({ functionId: row.functionId });
	const { self, args } = decode(row.state[0]!) as Input;
	const machine = Machine.start({ runId: row.id, def, self, args, now: row.startedAt, ...o });
	return { machine, writer: stateWriter(), turn };
}
