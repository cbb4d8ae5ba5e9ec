// SPDX-License-Identifier: MIT
// What may use which service, when, for how long, and why: decisions as pure functions of the configuration,
// the world, the question and the time.
export type { Budget, CompiledAccount } from './account.ts';
export { AddressSet } from './address-set.ts';
export { accountsOf, allowanceBalances } from './allowance-balances.ts';
export { type Balance, balances, leastLeft } from './balance.ts';
export { chargesByDay } from './charge-split.ts';
export { type CompiledPerson, type CompiledPolicy, type CompiledService, compilePolicy } from './compile.ts';
export { decide, type Question } from './decide.ts';
export { explain } from './explain.ts';
export { type GrantEffect, grantOverrides } from './grant-overrides.ts';
export { charge, type DayCharge, withBonus } from './ledger-entry.ts';
export { PeriodCalendar, type PeriodSpan } from './period-calendar.ts';
export { noAccounts, unknownService, unknownSource, unknownSubject, wrongTime } from './refusal.ts';
export { schedule } from './schedule.ts';
export { type Interval, WindowCalendar } from './window-calendar.ts';
export { emptyWorld, type Place, type World } from './world.ts';
