// Runs @redocly/cli, which wants a newer Node than the one this may run on: that of a package of npm.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
export const HERE = dirname(fileURLToPath(import.meta.url));
export const CONTRACT = process.env.CONTRACT ?? join(HERE, '../../schema/openapi.yaml');
const CLI = join(dirname(require.resolve('@redocly/cli/package.json')), 'bin/cli.js');
const NODE = join(dirname(require.resolve(`node-linux-${process.arch}/package.json`)), 'bin/node');

// Answers {code, out, err}: neither telemetry nor a look for updates.
export function redocly(...words) {
    const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true', NO_COLOR: '1' };
    const child = spawn(NODE, [CLI, ...words, '--config', join(HERE, 'redocly.yaml')], { cwd: HERE, env: { ...process.env, ...quiet } });
    const text = { out: '', err: '' };
    child.stdout.on('data', (bytes) => { text.out += bytes; });
    child.stderr.on('data', (bytes) => { text.err += bytes; });
    return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code) => resolve({ code, ...text }));
    });
}
