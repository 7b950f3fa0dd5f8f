// A module of the page for Node.js, through the page's own esbuild: `const { place } = await load('router.ts')`.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const web = new URL('../../web/', import.meta.url);
const require = createRequire(new URL('package.json', web));
const folder = mkdtempSync(join(tmpdir(), 'mockdc-logic-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

export async function load(name) {
    const outfile = join(folder, `${name}.mjs`);
    await require('esbuild').build({ entryPoints: [new URL(`src/${name}`, web).pathname], bundle: true, format: 'esm', outfile, jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'error', external: ['uplot'] });
    return import(outfile);
}

// schema/openapi.yaml, `components.schemas`.
export async function contract() {
    const { readFileSync } = await import('node:fs');
    return require('yaml').parse(readFileSync(new URL('../schema/openapi.yaml', web), 'utf8')).components.schemas;
}
