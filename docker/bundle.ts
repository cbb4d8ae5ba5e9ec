// SPDX-License-Identifier: MIT
// Makes of each daemon, and of the command line, one file of JavaScript, laid out as the packages are: so that a program
// finds what lies beside it (its version, the addon) by the same path as in a checkout.
//   bundle.ts DIRECTORY
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const root = dirname(import.meta.dirname);
const programs = ['interceptor', 'policy', 'wol', 'hooks', 'stats', 'api', 'cli'] as const;
/** What is more than code, and so stays a package. */
const packages = [
  {
    name: 'better-sqlite3',
    user: 'stats',
    files: ['package.json', 'lib', `prebuilds/linux-${process.arch}.node`],
  },
  {
    name: '@ip-location-db/geo-whois-asn-country-mmdb',
    user: 'geo',
    files: ['package.json', 'geo-whois-asn-country.mmdb'],
  },
] as const;

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('say into which directory: bundle.ts DIRECTORY');

for (const program of programs) await bundle(program, join(target, 'packages', program));
for (const { name, user, files } of packages)
  copyPackage(name, user, files, join(target, 'node_modules', name));
copyFileSync(join(root, 'package.json'), join(target, 'package.json'));

async function bundle(program: string, directory: string): Promise<void> {
  const source = join(root, 'packages', program);
  const build = await rolldown({
    input: join(source, 'src/main.ts'),
    platform: 'node',
    external: packages.map(({ name }) => name),
  });
  await build.write({
    dir: join(directory, 'src'),
    format: 'esm',
    minify: { mangle: false },
    codeSplitting: false,
  });
  await build.close();
  spellInAscii(join(directory, 'src/main.js'));
  copyFileSync(join(source, 'package.json'), join(directory, 'package.json'));
}

/** V8 keeps a source with one character beyond ASCII in two bytes for each of its characters, for life. */
function spellInAscii(file: string): void {
  const spell = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/[^\0-\x7f]/g, spell));
}

function copyPackage(name: string, user: string, files: readonly string[], directory: string): void {
  const manifest = createRequire(join(root, 'packages', user, 'package.json')).resolve(
    `${name}/package.json`,
  );
  for (const file of files) {
    const copy = join(directory, file);
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(join(dirname(manifest), file), copy, { recursive: true });
  }
}
