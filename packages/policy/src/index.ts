// SPDX-License-Identifier: MIT
// Whether a source may use a service: rules compiled once, decisions and explanations from the same walk.
export { type CompiledPolicy, compilePolicy } from './compile.ts';
export { decide, type Question } from './decide.ts';
export { explain } from './explain.ts';
