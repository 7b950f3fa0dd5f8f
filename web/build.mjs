// node build.mjs page_assets.c docs_assets.c
//
// Bundles src/ and writes the page, and the one that shows the contract, as C arrays (http/page_assets.h). Ends with an error
// when one of them is larger than what we allow ourselves over the wire.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { cFile, compressed } from './assets.mjs';

const MOST_COMPRESSED = { page: 100 * 1024, docs: 230 * 1024 };
const here = dirname(fileURLToPath(import.meta.url));
const [pageOutput, docsOutput] = process.argv.slice(2);

const bundle = await build({
    entryPoints: {
        app: join(here, 'src/main.tsx'), style: join(here, 'src/style.css'), 'docs/docs': join(here, 'src/docs/docs.ts'), 'docs/style': join(here, 'src/docs/docs.css'),
    },
    bundle: true,
    minify: true,
    write: false,
    outdir: '/',
    format: 'esm',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'warning',
});

const made = (name) => Buffer.from(bundle.outputFiles.find((file) => file.path.endsWith(name)).contents);

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';
const source = (path) => readFileSync(join(here, path));
const page = [
    { name: '', type: HTML, bytes: source('src/index.html') },
    { name: 'app.js', type: SCRIPT, bytes: made('/app.js') },
    { name: 'style.css', type: STYLE, bytes: made('/style.css') },
    { name: 'icon.svg', type: 'image/svg+xml', bytes: source('src/icon.svg') },
];
const docs = [
    { name: '', type: HTML, bytes: source('src/docs/docs.html') },
    { name: 'docs.js', type: SCRIPT, bytes: made('/docs/docs.js') },
    { name: 'docs.css', type: STYLE, bytes: made('/docs/style.css') },
    { name: 'rapidoc.js', type: SCRIPT, bytes: source('node_modules/rapidoc/dist/rapidoc-min.js') },
];

function write(output, what, files) {
    const assets = files.map(compressed);
    const whole = assets.reduce((sum, file) => sum + file.gzip.length, 0);
    if (whole > MOST_COMPRESSED[what]) {
        console.error(`${what} takes ${whole} bytes compressed; ${MOST_COMPRESSED[what]} are allowed`);
        process.exitCode = 1;
    }
    writeFileSync(output, cFile({ maker: 'web/build.mjs from web/src', array: `${what}_assets`, count: `${what}_asset_count`, assets }));
}

write(pageOutput, 'page', page);
write(docsOutput, 'docs', docs);
