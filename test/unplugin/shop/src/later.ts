import { suspend } from '@perdure/runtime';
import { Printer, Screen, Stamp } from './audit.ts';
import { Money } from './money.ts';
import { Trail } from './trail.ts';

/** Part of a chunk of its own. */
export async function refund(cents: number): Promise<string> {
	'use durable';
	const amount = new Money(cents);
	const kept = { stamp: new Stamp(7), printer: new Printer(), screen: new Screen(), trail: new Trail() };
	kept.trail.steps.push('asked');
	const why = await suspend<string>('why?');
	return `${why} ${amount} ${kept.stamp.at} ${kept.printer.print(kept.screen.show(kept.trail.steps))}`;
}
