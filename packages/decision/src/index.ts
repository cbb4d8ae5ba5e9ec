// SPDX-License-Identifier: MIT
// What may use which service, when, for how long, and why: decisions as pure functions of the configuration,
// the world, the question and the time.
export type { CompiledAccount } from './account.ts';
export { AddressSet } from './address-set.ts';
export { accountsOf, allowanceBalances } from './allowance-balances.ts';
export { type Balance, balances, leastLeft } from './balance.ts';
export { chargesByDay } from './charge-split.ts';
export { type CompiledPolicy, compilePolicy } from './compile.ts';
export { decide, type Question } from './decide.ts';
export { explain } from './explain.ts';
export { grantOverrides } from './grant-overrides.ts';
export { charge, withBonus } from './ledger-entry.ts';
export { PeriodCalendar } from './period-calendar.ts';
export { noAccounts, unknownService } from './refusal.ts';
export { schedule } from './schedule.ts';
export { specialNetworks } from './special-address.ts';
export type { Interval } from './window-calendar.ts';
export { emptyWorld, type Place, type World } from './world.ts';
