import fc from 'fast-check';
import { it } from 'vitest';
import { decide } from './decide.ts';
import { home, world, sender, instant, policyOf } from './timed-decision.property.test.ts';
it('x', () => {
  const all: any[] = [];
  let denied = 0, next = 0, parse = 0;
  fc.assert(fc.property(home, world, sender, instant, (file, w, source, now) => {
    let t = performance.now();
    const policy = policyOf(file);
    parse += performance.now() - t;
    t = performance.now();
    const d = decide(policy, w, { service: 'game', source }, now);
    const cold = performance.now() - t;
    t = performance.now();
    decide(policy, w, { service: 'game', source }, now + 1);
    all.push([performance.now() - t, cold, JSON.stringify(file.services), JSON.stringify(source), new Date(now).toISOString(), JSON.stringify(d)]);
    if (d.decision === 'deny') { denied++; if (d.next_allowed) next++; }
  }), { numRuns: 400 });
  all.sort((a, b) => b[0] - a[0]);
  console.log(denied, next, 'parse', parse);
  for (const a of all.slice(0, 6)) console.log(a.join('\n'));
  console.log('cold total', all.reduce((s, a) => s + a[1], 0), 'warm total', all.reduce((s, a) => s + a[0], 0));
});
