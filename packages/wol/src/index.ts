// SPDX-License-Identifier: MIT
// Wakes machines that sleep, and says when they are ready: when the port that somebody needs answers.
export { serveWol, type WolContext } from './endpoints.ts';
