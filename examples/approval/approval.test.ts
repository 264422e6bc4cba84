/** A week in no time. `node --import @perdure/transform/register --test approval.test.ts` */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testRun } from '@perdure/testing';
import { reimburse } from './approval.ts';

test('a manager who says nothing for a week has said no', async () => {
	const claim = testRun(reimburse, [{ id: 3, amount: 5, manager: 'grace' }]);
	await claim.advance('6 days');
	assert.equal(claim.status, 'suspended');
	const late = await claim.advance('1 day');
	assert.equal(await claim.result(), 'expired');
	assert.deepEqual(late.emitted, [{ type: 'expense-expired', id: 3, receipt: null }]);
});
