// The recipes of docker/, as far as they can be tried without those systems: their files against the systems' own schemas,
// what they name against the program, and their commands against a server. `docker run IMAGE words` becomes `mockdc words`.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Ajv from 'ajv';
import formats from 'ajv-formats';
import { parse } from 'yaml';

const ROOT = new URL('../../', import.meta.url).pathname;
const HERE = new URL('.', import.meta.url).pathname;
const PROGRAM = process.env.MOCKDC ?? join(ROOT, 'build/dev/mockdc');
const read = (name) => readFileSync(join(ROOT, 'docker', name), 'utf8');

// The image's own places, on this machine.
const here = (text) => text.replaceAll('/usr/local/share/mockdc/fixtures', join(ROOT, 'fixtures')).replaceAll('mockdc:1883', `127.0.0.1:${port(house.mqtt)}`)
    .replaceAll('127.0.0.1:1883', `127.0.0.1:${port(house.mqtt)}`).replaceAll('http://mockdc:8080', house.http).replaceAll('http://127.0.0.1:8080', house.http);
const port = (url) => new URL(url).port;

// --- a server for one recipe ------------------------------------------------------------------------------------------

let house;

async function open(environment) {
    const folder = mkdtempSync(join(tmpdir(), 'mockdc-recipes-'));
    const ready = join(folder, 'ready.json');
    const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replace('/usr/local/share/mockdc/fixtures', join(ROOT, 'fixtures'))]));
    const child = spawn(PROGRAM, ['serve', '--ephemeral', '--http', '127.0.0.1:0', '--mqtt', '127.0.0.1:0', '--ready-file', ready, '--log-level', 'error'],
        { env: { PATH: process.env.PATH, MOCKDC_RUNTIME_DIR: folder, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
    for (const end = Date.now() + 10_000; !existsSync(ready);) {
        assert.ok(Date.now() < end && child.exitCode === null, 'the server is not ready');
        await sleep(20);
    }
    house = { folder, child, ...JSON.parse(readFileSync(ready, 'utf8')) };
}

async function close() {
    if (house) {
        const ended = new Promise((resolve) => house.child.once('exit', resolve));
        house.child.kill('SIGTERM');
        assert.equal(await ended, 0);
        rmSync(house.folder, { recursive: true, force: true });
        house = undefined;
    }
}

// Lines of a shell; `docker run [options] IMAGE words` and `mockdc words` are the program under test.
function shell(lines) {
    const bin = join(house.folder, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'mockdc'), `#!/bin/sh\nexec ${PROGRAM} "$@"\n`);
    writeFileSync(join(bin, 'docker'), '#!/bin/sh\nwhile [ "${1#*/mockdc:}" = "$1" ]; do shift; done; shift\nexec mockdc "$@"\n');
    for (const name of ['mockdc', 'docker']) {
        chmodSync(join(bin, name), 0o755);
    }
    const done = spawnSync('bash', ['-euo', 'pipefail', '-c', here(lines)], { cwd: house.folder, encoding: 'utf8', timeout: 60_000, env: { PATH: `${bin}:${process.env.PATH}` } });
    assert.equal(done.status, 0, `${lines}\n${done.stdout}\n${done.stderr}`);
    return done.stdout;
}

// --- what the program knows -------------------------------------------------------------------------------------------

let variables;
before(() => {
    const options = JSON.parse(spawnSync(PROGRAM, ['config', '--json'], { encoding: 'utf8', env: { PATH: process.env.PATH } }).stdout);
    variables = new Set(Object.keys(options).flatMap((name) => [name, `${name}-file`]).map((name) => `MOCKDC_${name.replaceAll('-', '_').toUpperCase()}`));
    assert.ok(variables.has('MOCKDC_HTTP'));
});
after(close);

function checkVariables(text) {
    // a setting of GitHub's, an option of CMake's
    const strange = new Set(['MOCKDC_REPOSITORY', 'MOCKDC_TESTS']);
    for (const name of text.match(/MOCKDC_[A-Z_]+/g) ?? []) {
        assert.ok(variables.has(name) || strange.has(name), `${name} is no variable of mockdc`);
    }
}

test('every variable that a recipe names exists', () => {
    for (const name of ['compose.yaml', 'github-actions.yml', 'gitlab-ci.yml', 'testcontainers-java.md', 'testcontainers-node.md', 'README.md', 'systemd/mockdc.service', 'Dockerfile']) {
        checkVariables(read(name));
    }
});

test('every file that docker/README.md names exists', () => {
    for (const [, name] of read('README.md').matchAll(/^ {3}docker\/(\S+?),? /gm)) {
        assert.ok(name.includes('*') || existsSync(join(ROOT, 'docker', name)), name);
    }
});

// --- compose ----------------------------------------------------------------------------------------------------------

test('compose.yaml is right by the schema of compose', () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    formats(ajv);
    ajv.addFormat('expose', true).addFormat('ports', true).addFormat('subnet_ip_address', true);
    const schema = JSON.parse(readFileSync(join(HERE, 'node_modules/dclint/schemas/compose.schema.json'), 'utf8'));
    delete schema.$schema;
    const valid = ajv.compile(schema);
    const compose = parse(read('compose.yaml'), { merge: true });
    assert.ok(valid(compose), JSON.stringify(valid.errors, null, 1));
    assert.ok(!valid({ services: { mockdc: { image: 3 } } }), 'the schema refuses nothing');
    assert.equal(compose.services.test.depends_on.mockdc.condition, 'service_healthy');
    assert.ok(existsSync(join(ROOT, 'docker', compose.services.mockdc.build.context, compose.services.mockdc.build.dockerfile)));
});

test('compose.yaml: its device upgrades and its test passes', async () => {
    const { services } = parse(read('compose.yaml').replace(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1'));
    await open(services.mockdc.environment);
    const words = (list) => list.map((word) => `'${word}'`).join(' ');
    shell(`mockdc ${words(services.device.command)}`);
    const answer = JSON.parse(shell(`curl ${words(services.test.command)}`));
    assert.equal(answer.status, 'upgraded');
    await close();
});

// --- GitHub -----------------------------------------------------------------------------------------------------------

test('github-actions.yml is a workflow', () => {
    const validate = (file) => spawnSync(process.execPath, [join(HERE, 'node_modules/@action-validator/cli/cli.mjs'), file], { encoding: 'utf8' });
    const done = validate(join(ROOT, 'docker/github-actions.yml'));
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const wrong = join(mkdtempSync(join(tmpdir(), 'mockdc-workflow-')), 'wrong.yml');
    writeFileSync(wrong, read('github-actions.yml').replace('runs-on:', 'runs-at:'));
    assert.notEqual(validate(wrong).status, 0, 'the schema refuses nothing');
});

test('github-actions.yml: the steps pass', async () => {
    const { upgrade } = parse(read('github-actions.yml')).jobs;
    await open(upgrade.services.mockdc.env);
    assert.deepEqual(upgrade.services.mockdc.ports, ['8080:8080', '1883:1883']);
    for (const step of upgrade.steps.filter((one) => one.run)) {
        shell(step.run.replaceAll('${{ github.repository_owner }}', 'owner'));
    }
    assert.match(readFileSync(join(house.folder, 'report.xml'), 'utf8'), /<testsuite/);
    await close();
});

test('github-actions.yml: the scenarios pass', async () => {
    const { scenarios } = parse(read('github-actions.yml')).jobs;
    await open({});
    for (const step of scenarios.steps.filter((one) => one.run)) {
        shell(step.run);
    }
    assert.match(readFileSync(join(house.folder, 'report.xml'), 'utf8'), /tests="1" failures="0" errors="0"/);
    await close();
});

// --- GitLab -----------------------------------------------------------------------------------------------------------

test('gitlab-ci.yml is right by the schema of GitLab', async () => {
    const schema = (await import(join(HERE, 'node_modules/gitlab-ci-local/src/schema/schema.js'))).schema;
    const ajv = new Ajv({ strict: false, allErrors: true });
    formats(ajv);
    const valid = ajv.compile(schema);
    assert.ok(valid(parse(read('gitlab-ci.yml'))), JSON.stringify(valid.errors, null, 1));
    assert.ok(!valid({ job: { script: [], services: 3 } }), 'the schema refuses nothing');
});

test('gitlab-ci.yml: the script passes', async () => {
    const { upgrade } = parse(read('gitlab-ci.yml'));
    await open(upgrade.services[0].variables);
    shell(upgrade.script.join('\n'));
    await close();
});

test('gitlab-ci.yml: the scenarios pass', async () => {
    const { scenarios } = parse(read('gitlab-ci.yml'));
    await open({});
    shell(scenarios.script.join('\n'));
    assert.match(readFileSync(join(house.folder, scenarios.artifacts.reports.junit), 'utf8'), /tests="1" failures="0" errors="0"/);
    await close();
});

// --- Testcontainers ---------------------------------------------------------------------------------------------------

function codeOf(name, language) {
    const found = read(name).match(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``));
    assert.ok(found, `${name} has no ${language}`);
    return found[1];
}

// The page's code, run with stand-ins for Testcontainers that start the program itself.
test('testcontainers-node.md runs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mockdc-node-'));
    mkdirSync(join(folder, 'node_modules/testcontainers'), { recursive: true });
    writeFileSync(join(folder, 'node_modules/testcontainers/package.json'), '{"name": "testcontainers", "type": "module", "main": "index.js"}');
    writeFileSync(join(folder, 'node_modules/testcontainers/index.js'), readFileSync(join(HERE, 'stubs/testcontainers.mjs')));
    writeFileSync(join(folder, 'upgrade.test.mjs'), codeOf('testcontainers-node.md', 'js'));
    const done = spawnSync(process.execPath, ['--test', join(folder, 'upgrade.test.mjs')],
        { encoding: 'utf8', timeout: 60_000, env: { PATH: process.env.PATH, STAND_IN: PROGRAM, STAND_IN_FIXTURES: join(ROOT, 'fixtures') } });
    assert.equal(done.status, 0, done.stdout + done.stderr);
    rmSync(folder, { recursive: true });
});

test('testcontainers-java.md compiles', (context) => {
    if (spawnSync('javac', ['-version']).status !== 0) {
        context.skip('there is no javac here');
        return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'mockdc-java-'));
    writeFileSync(join(folder, 'UpgradeTest.java'), codeOf('testcontainers-java.md', 'java'));
    const done = spawnSync('javac', ['-d', folder, '-sourcepath', join(HERE, 'stubs/java'), join(folder, 'UpgradeTest.java')], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    rmSync(folder, { recursive: true });
});
