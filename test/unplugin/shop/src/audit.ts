import { DESERIALIZE, MARSHAL, resource, SERIALIZE, serializable, UNMARSHAL } from '@perdure/runtime';
import { Trail as AuditTrail } from './trail.ts';

/** Registered in each way that names no id. */
export class Stamp {
	readonly at: number;
	static {
		// biome-ignore lint/complexity/noThisInStatic: one of the ways to write it
		serializable(this);
	}
	constructor(at: number) {
		this.at = at;
	}
	static [SERIALIZE]({ at }: Stamp): number {
		return at;
	}
	static [DESERIALIZE](at: number): Stamp {
		return new Stamp(at);
	}
}

export class Printer {
	static [MARSHAL](): string {
		return 'printer';
	}
	static [UNMARSHAL](): Printer {
		return new Printer();
	}
	print(text: unknown): string {
		return `[${text}]`;
	}
}
resource(Printer);

export const Screen = class Display {
	show(text: unknown): string {
		return `(${text})`;
	}
};
resource(Screen, { marshal: () => null, unmarshal: () => new Screen() });

serializable(AuditTrail);
