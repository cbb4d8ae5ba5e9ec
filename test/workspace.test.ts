// SPDX-License-Identifier: MIT
// The structure of the workspace, kept by rules that say why they are there.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const generated = /(^|\/)(node_modules|build|results)\/|^toolchain\//;
const filesLike = (pattern: string): string[] =>
  globSync(pattern, { cwd: root, exclude: (path) => /(^|\/)(node_modules|build|toolchain)$/.test(path) })
    .filter((path) => !generated.test(path))
    .sort();
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

const sources = filesLike('{packages,test,bench,scripts,docker}/**/*.ts');
const manifests = filesLike('{packages/*,test/lab,bench,docker}/package.json');
const isTest = (path: string): boolean =>
  /\.(test|suite|fixture)\.ts$/.test(path) || path.startsWith('test/');

interface Import {
  readonly file: string;
  readonly specifier: string;
}

/** What a file imports, types included: a type leads to the code behind it sooner or later. */
function importsOf(file: string): Import[] {
  const text = textOf(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = text.matchAll(
    /(?:^|[\s;}])(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g,
  );
  return [...found].map(([, from, direct]) => ({ file, specifier: from ?? direct ?? '' }));
}

const imports = sources.flatMap(importsOf);
const isOfWorkspace = (file: string): boolean => /^(test|scripts)\/(?!lab\/)/.test(file);
const packageOf = (file: string): string =>
  file
    .split('/')
    .slice(0, /^(bench|docker)\//.test(file) ? 1 : 2)
    .join('/');

const daemons = ['interceptor', 'policy', 'api', 'wol', 'hooks', 'stats'];
const everyDaemon = new RegExp(`^@nftoggle/(${daemons.join('|')})$`);

interface Rule {
  readonly files: RegExp;
  readonly forbidden: RegExp;
  readonly why: string;
}

/** The arrows between packages: contracts ← config, bus ← daemon ← each daemon. */
const directions: readonly Rule[] = [
  ...daemons.map((name) => ({
    files: new RegExp(`^packages/${name}/`),
    forbidden: new RegExp(`^@nftoggle/(${daemons.filter((other) => other !== name).join('|')})$`),
    why: 'a daemon never imports a daemon: they meet on the bus alone',
  })),
  {
    files: /^packages\/contracts\/src\/(?!.*\.test\.ts)/,
    forbidden: /^(?!\.\/|zod$)/,
    why: 'contracts are shapes: zod and nothing that does anything',
  },
  {
    files: /^packages\/config\/src\/(?!.*\.(test|fixture)\.ts)/,
    forbidden: /^@nftoggle\/(?!contracts$)/,
    why: 'config is read by everybody, the command line too, so it knows contracts alone',
  },
  {
    files: /^packages\/bus\/src\/(?!.*\.(test|fixture)\.ts)/,
    forbidden: /^@nftoggle\/(?!contracts$)/,
    why: 'the bus carries what contracts say and knows nothing of settings or daemons',
  },
  {
    files: /^packages\/daemon\/src\/(?!.*\.(test|fixture)\.ts)/,
    forbidden: /^@nftoggle\/(?!contracts$|config$|bus$)/,
    why: 'daemon is what every process needs, and knows nothing about firewalls',
  },
  {
    files: /^packages\/decision\/src\/(?!.*\.(test|fixture)\.ts)/,
    forbidden: /^(?!\.\/|@nftoggle\/(contracts|config)$|node:crypto$)/,
    why: 'what is decided, and why, is the same in a daemon and on the command line: no bus, no files, no clock',
  },
  {
    files: /^packages\/geo\/src\/(?!.*\.(test|fixture)\.ts)/,
    forbidden: /^@nftoggle\/(?!config$|decision$)/,
    why: 'geo reads databases for the decisions of policy and of the command line alike',
  },
  {
    files: /^packages\/cli\//,
    forbidden: everyDaemon,
    why: 'the command line is a client of the socket, and starts daemons as processes',
  },
  {
    files: /^(?!packages\/bus\/)/,
    forbidden: /^@nats-io\//,
    why: 'only the bus speaks NATS; everybody else speaks in the words of contracts',
  },
  {
    files: /^packages\/(?!testkit\/|cli\/src\/demo)(?!.*\.(test|suite|fixture)\.ts)/,
    forbidden: /^(@nftoggle\/(testkit|lab)|vitest|fast-check)$/,
    why: 'what is for tests stays out of the product; the demo alone runs in the lab',
  },
  {
    files: /^/,
    forbidden: /^@nftoggle\/[^/]+\//,
    why: 'the exports of a package are its only door',
  },
];

/** Files that decide: what they say depends on nothing but what they are given. */
const pureCores: readonly RegExp[] = [
  /^packages\/decision\/src\/(?!.*\.(test|fixture))/,
  /^packages\/interceptor\/src\/(marks|service-indexes|questions|denials|denial-budget|denial-crowd|distinct|busiest|pace|recent-denials|unasked|clock-watch|deadlines|kept-connections|strays)\.ts$/,
  /^packages\/interceptor\/src\/(sessions|session-(comment|elements|end|flows|id|new|place|question|records|review))\.ts$/,
  /^packages\/interceptor\/src\/(policy-word|orphans|orphan-review|metering\/(balances|charge-backlog|meter))\.ts$/,
  /^packages\/interceptor\/src\/ruleset\/(admit|names|network-set|port-map|render)\.ts$/,
  /^packages\/hooks\/src\/(event-(facts|match|text)|flatten|formats|plain-text|retry|time-words|local-address)\.ts$/,
  /^packages\/config\/src\/(?!watch|config-read|file-signature|load|.*\.test)/,
];
const impure: readonly (readonly [RegExp, string])[] = [
  [/\bprocess\.env\b/, 'settings are parameters'],
  [/\bDate\.now\(|new Date\(\)|performance\.now\(/, '`now` is a parameter'],
  [/\bset(Timeout|Interval|Immediate)\(/, 'waiting is a parameter'],
  [/from '@nftoggle\/(bus|daemon)'|from '@nats-io\//, 'a core knows no bus'],
  [
    /(?<!\{ isIP \} )from 'node:(fs|child_process|net|dgram|http|os|timers)/,
    'a core does no input or output',
  ],
];

describe('imports', () => {
  it.each(directions)('keep to the rule: $why ($files)', ({ files, forbidden, why }) => {
    const wrong = imports.filter(({ file, specifier }) => files.test(file) && forbidden.test(specifier));
    expect(wrong, why).toEqual([]);
  });

  it('never leave their package by a path: the exports of a package are its only door', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      const target = relative(root, resolve(root, dirname(file), specifier));
      // What tests and documents the whole workspace is one.
      return packageOf(target) !== packageOf(file) && !(isOfWorkspace(file) && isOfWorkspace(target));
    });
    expect(wrong).toEqual([]);
  });

  it('of relative files exist and name them whole', () => {
    const wrong = imports.filter(
      ({ file, specifier }) =>
        specifier.startsWith('.') && !existsSync(resolve(root, dirname(file), specifier)),
    );
    expect(wrong).toEqual([]);
  });

  it('are found at all: every daemon imports the package that runs it', () => {
    const running = imports
      .filter(({ specifier }) => specifier === '@nftoggle/daemon')
      .map(({ file }) => packageOf(file));
    expect(running).toEqual(
      expect.arrayContaining(['packages/api', 'packages/interceptor', 'packages/policy']),
    );
  });
});

describe('pure cores', () => {
  const cores = sources.filter((file) => pureCores.some((core) => core.test(file)));

  it('are there', () => {
    for (const core of pureCores) expect(cores.filter((file) => core.test(file)).length).toBeGreaterThan(4);
  });

  it.each(impure)('have no %s: %s', (pattern) => {
    const withoutComments = (file: string): string =>
      textOf(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    expect(cores.filter((file) => pattern.test(withoutComments(file)))).toEqual([]);
  });
});

describe('dependencies', () => {
  interface Manifest {
    readonly name: string;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
  }
  /** Used otherwise than by an import, and how. */
  const usedElsewhere: Readonly<Record<string, string>> = {
    'packages/interceptor node-addon-api': 'headers, by native/Makefile',
    'packages/geo @ip-location-db/geo-whois-asn-country-mmdb': 'a data file, opened by geo.ts',
    ...Object.fromEntries(
      [...daemons, 'cli'].map((name) => [`docker @nftoggle/${name}`, 'its main.ts, bundled by bundle.ts']),
    ),
  };
  const packageName = (specifier: string): string =>
    specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
  const usedBy = (directory: string, tests: boolean): Set<string> =>
    new Set(
      imports
        .filter(({ file, specifier }) => file.startsWith(`${directory}/`) && /^[@a-z]/.test(specifier))
        .filter(({ file }) => tests || !/\.(test|suite|fixture)\.ts$/.test(file))
        .map(({ specifier }) => packageName(specifier))
        .filter((name) => !name.startsWith('node:')),
    );

  it.each(manifests)('of %s are what its code imports, no more and no less', (path) => {
    const directory = dirname(path);
    const manifest = JSON.parse(textOf(path)) as Manifest;
    const declared = Object.keys(manifest.dependencies ?? {});
    const forTests = Object.keys(manifest.devDependencies ?? {});
    const unused = declared.filter(
      (name) => !usedBy(directory, false).has(name) && !(`${directory} ${name}` in usedElsewhere),
    );
    expect(unused, 'dependencies that nothing imports').toEqual([]);
    // Types of a package that has none of its own are found by its name.
    const typed = (name: string): string => name.replace(/^@types\//, '');
    expect(
      forTests.filter((name) => !usedBy(directory, true).has(typed(name))),
      'unused devDependencies',
    ).toEqual([]);
    const missing = [...usedBy(directory, false)].filter(
      (name) => !declared.includes(name) && name !== manifest.name,
    );
    expect(missing, 'imports that are not declared').toEqual([]);
    // vitest and fast-check are the workspace's.
    const rootTools = ['vitest', 'fast-check', manifest.name];
    const missingInTests = [...usedBy(directory, true)].filter(
      (name) => ![...declared, ...forTests, ...rootTools].includes(name),
    );
    expect(missingInTests, 'imports of tests that are not declared').toEqual([]);
  });

  it("have their version in the catalog, or are the workspace's own", () => {
    for (const path of [...manifests, 'package.json']) {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(textOf(path)) as Manifest;
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
        expect(version, `${name} in ${path}`).toBe(
          name.startsWith('@nftoggle/') ? 'workspace:*' : 'catalog:',
        );
    }
  });
});

describe('every package', () => {
  const directories = manifests.map(dirname).filter((path) => path.startsWith('packages/'));

  it('exports files that exist', () => {
    const wrong = manifests.filter((path) => {
      const { exports = {} } = JSON.parse(textOf(path)) as { exports?: Readonly<Record<string, string>> };
      return Object.values(exports).some((file) => !existsSync(join(root, dirname(path), file)));
    });
    expect(wrong).toEqual([]);
  });

  it.each(directories)('%s has a README of about a screen', (directory) => {
    const lines = textOf(`${directory}/README.md`).split('\n');
    expect(lines[0]).toMatch(/^# \S/);
    expect(lines.length).toBeLessThan(80);
  });

  it.each(directories)('%s says in the first comment of its door what it is for', (directory) => {
    // The interceptor is a program and nothing else: it has no door but its start.
    const door = ['index.ts', 'main.ts'].find((file) => existsSync(join(root, directory, 'src', file)));
    const [spdx, purpose] = textOf(`${directory}/src/${door}`).split('\n');
    expect(spdx).toBe('// SPDX-License-Identifier: MIT');
    expect(purpose).toMatch(/^\/\/ \S.{20,}/);
  });
});

describe('every source file', () => {
  const native = filesLike('{packages,test,bench}/**/*.{cpp,hpp,c,h}');
  const scripts = filesLike('{packages,test,bench,scripts}/**/*.sh');

  it('names its licence in its first line, or in its second behind `#!`', () => {
    const wrong = [...sources, ...native, ...scripts, 'nftoggle'].filter((file) => {
      const [first = '', second = ''] = textOf(file).split('\n');
      return !(first.startsWith('#!') ? second : first).match(/^(\/\/|#) SPDX-License-Identifier: MIT$/);
    });
    expect(wrong).toEqual([]);
  });

  /** Files beyond 500 lines, and why each reads better whole. */
  const longFiles: Readonly<Record<string, string>> = {};

  it('has at most 500 lines, or a reason for more', () => {
    const long = [...sources, ...native].filter((file) => textOf(file).split('\n').length > 501);
    expect(long.filter((file) => !(file in longFiles))).toEqual([]);
    expect(
      Object.keys(longFiles).filter((file) => !long.includes(file)),
      'reasons no longer needed',
    ).toEqual([]);
  });

  it('is not called after what everything is', () => {
    expect(sources.filter((file) => /\/(utils?|helpers?|common|misc)(\/|\.ts$)|manager/i.test(file))).toEqual(
      [],
    );
  });

  it('skips no test, and lets none run alone', () => {
    const wrong = sources.filter(
      (file) => isTest(file) && /\b(it|test|describe)\.(skip|only|todo)\(/.test(textOf(file)),
    );
    expect(wrong).toEqual([]);
  });
});
