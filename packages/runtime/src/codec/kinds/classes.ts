/** Registered classes: as values, and their instances where hooks say what is saved. */
import { DecodeError } from '../../errors/saving.ts';
import { type ClassLike, classById, classEntry, classOfPrototype } from '../../registry/classes.ts';
import { type AnyKind, expect } from '../kind.ts';
import { Refusal } from '../refusal.ts';

/** A class is saved by its id: code is never part of the bytes. */
export const classValue: AnyKind = {
	tag: 'K',
	moment: 'first',
	take(value: ClassLike) {
		const { id, made } = classEntry(value)!;
		if (made !== true) return [id];
		throw new Refusal(
			'a class made by durable code',
			'value',
			'keep it in a run: only the state of a run can hold it',
			'',
		);
	},
	make([id]: readonly unknown[]) {
		expect(typeof id === 'string', 'a class has no id');
		const entry = classById(id);
		if (entry !== undefined) return entry.Class;
		throw new DecodeError({
			problem: `they hold an instance of the class '${id}', which is not registered in this process`,
			unknown: id,
			help: `import the module that calls serializable(...) for '${id}' before decoding`,
		});
	},
};

export const hooked: AnyKind = {
	tag: 'I',
	gives: 1,
	moment: 'filled',
	take(value: object) {
		const { Class, hooks } = classOfPrototype(Object.getPrototypeOf(value))!;
		const data = hooks!.serialize(value);
		if (data === value)
			throw new Refusal('saved as itself by its serialize hook', 'value', 'return the data that makes it again', '');
		return [Class, data];
	},
	label: () => '',
	make([Class, data]: readonly unknown[]) {
		const { id, hooks } = classEntry(Class) ?? {};
		expect(hooks !== undefined, 'a class has no hooks here');
		const made: unknown = hooks.deserialize(data);
		expect(
			(typeof made === 'object' && made !== null) || typeof made === 'function',
			`the deserialize hook of '${id}' gave no object`,
		);
		expect(
			!(made instanceof Promise),
			`the deserialize hook of '${id}' gave a promise: it makes the instance at once; what must be opened is a resource`,
		);
		return made;
	},
};
