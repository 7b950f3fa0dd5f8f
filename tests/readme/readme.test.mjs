// README.md, word for word: every block of commands is run, in order, by one shell, in a folder of its own. What is different
// from a reader's terminal is said here: the ports are free ones, `mockdc serve` runs on in the background, and what would
// never end (mosquitto_sub, a stream of events) ends after a second.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const ROOT = new URL('../../', import.meta.url).pathname;
const PROGRAM = process.env.MOCKDC ?? join(ROOT, 'build/dev/mockdc');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const blocks = [...README.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text);

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

function scratch() {
    const folder = mkdtempSync(join(tmpdir(), 'mockdc-readme-'));
    folders.push(folder);
    symlinkSync(join(ROOT, 'fixtures'), join(folder, 'fixtures'));
    return folder;
}

const PRELUDE = `
set -euo pipefail
mockdc() {
    if [ "$1" = serve ]; then
        "$PROGRAM" "$@" 2>>serve.log & servers+=($!)
    else
        "$PROGRAM" "$@"
    fi
}
servers=()
devices=()
end() {
    code=$?
    for pid in "\${devices[@]}" "\${servers[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" || true; done
    exit $code
}
trap end EXIT
curl() {
    local code=0
    case " $* " in
    *' -sN '*) timeout 1 curl "$@" || [ $? -eq 124 ]; return ;; # a stream
    esac
    command curl --fail-with-body "$@" || code=$?
    case "$*" in
    *'?language='* | */upgrade/confirm*) [ $code -eq 0 ] || [ $code -eq 22 ] ;; # nothing waits for this device: 404, 409
    *) return $code ;;
    esac
}
mosquitto_sub() { timeout 1 mosquitto_sub "$@" || [ $? -eq 124 ]; }
`;

async function run(texts) {
    const folder = scratch();
    const ports = { 8080: await freePort(), 1883: await freePort(), 8443: await freePort(), 8883: await freePort() };
    const text = texts.join('\n').replace(/(127\.0\.0\.1:|-p )(8080|1883|8443|8883)\b/g, (_, before, port) => before + ports[port]);
    writeFileSync(join(folder, 'session'), PRELUDE + text);
    const done = spawnSync('bash', ['session'], {
        cwd: folder, encoding: 'utf8', timeout: 180_000, env: {
            PATH: process.env.PATH, PROGRAM, MOCKDC_RUNTIME_DIR: join(folder, 'run'), MOCKDC_OBSERVER_TOKEN: 'watch',
            MOCKDC_HTTP: `127.0.0.1:${ports[8080]}`, MOCKDC_MQTT: `127.0.0.1:${ports[1883]}`,
        },
    });
    const log = existsSync(join(folder, 'serve.log')) ? readFileSync(join(folder, 'serve.log'), 'utf8') : '';
    assert.equal(done.status, 0, `${done.stdout.slice(-3000)}\n${done.stderr}\n${log.slice(-2000)}`);
    return { folder, output: done.stdout };
}

const isMain = (block) => !isTop(block) && !isInstall(block) && !isAlone(block);
const isTop = (block) => block.startsWith('docker/run');
const isInstall = (block) => block.startsWith('cmake ');
const isAlone = (block) => block.includes('serve --ephemeral'); // has a server of its own

test('the two commands are there', () => {
    const [top] = blocks.filter(isTop);
    const commands = top.split('\n').map((line) => line.split(/\s/)[0]).filter(Boolean);
    assert.deepEqual(commands, ['docker/run', 'tests/run']); // the second runs this test, and the first (--once)
    for (const command of commands) {
        assert.match(readFileSync(join(ROOT, command), 'utf8'), /^#!/);
    }
    assert.match(readFileSync(join(ROOT, 'tests/run'), 'utf8'), /docker\/run --once/);
});

test('the way from the first server to the last chapter', async () => {
    const main = blocks.filter(isMain);
    assert.ok(main.length > 10);
    // the reader tries a package on a device that is connected
    const online = 'mockdc device --product-key p1a2b3 --product-secret c2VjcmV0c2VjcmV0 --device-key 867123045678901 --mcu STM32=1_0_0 --rsrp -90 --exit-after never >device.log & devices+=($!); sleep 1\n';
    const { folder, output } = await run(main.map((block) => (block.includes('/verifications') ? online + block : block)));
    assert.match(output, /ready: http:\/\/127/);
    assert.match(output, /"status":"upgraded"/);
    assert.match(output, /"status":"succeeded"/); // the verification
    assert.match(output, /failed, as it should: 1/);
    assert.match(output, /"firedTotal":/);
    assert.match(output, /it fails without its fault, as it should: 1/);
    assert.match(readFileSync(join(folder, 'scenarios.xml'), 'utf8'), /tests="1" failures="0" errors="0"/);
    assert.equal(JSON.parse(readFileSync(join(folder, 'wire.har'), 'utf8')).log.entries.length, 2);
    assert.match(output, /^log-format +json +mockdc.json: log-format$/m);
    assert.match(output, /^access-log +true +MOCKDC_ACCESS_LOG$/m);
    assert.match(output, /mockdc_devices\{state="online"\} \d/);
    assert.match(readFileSync(join(folder, 'report.xml'), 'utf8'), /<testsuite/);
    assert.match(readFileSync(join(folder, 'devices.csv'), 'utf8'), /867123045678901/);
});

for (const block of blocks.filter(isAlone)) {
    test(`a server of its own: ${block.split('\n')[0]}`, async () => {
        const { output } = await run([block]);
        assert.match(output, block.includes('openssl') ? /alive/ : /upgraded/);
    });
}

test('the unit of systemd is right, and shuts a lot out', (context) => {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) {
        context.skip('there is no systemd-analyze here');
        return;
    }
    const folder = scratch();
    const unit = join(folder, 'mockdc.service');
    // neither program nor manual are installed here
    writeFileSync(unit, readFileSync(join(ROOT, 'docker/systemd/mockdc.service'), 'utf8').replace('ExecStart=mockdc', 'ExecStart=/usr/bin/env mockdc').replace(/^Documentation=.*\n/m, ''));
    const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    assert.equal(verified.stderr, '');
    const judged = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit], { encoding: 'utf8' });
    assert.equal(judged.status, 0, judged.stdout); // 20: 2.0 of 10
});

// What the build in the same block made is what docker/run and the image use, too.
test('installed', async () => {
    const [install] = blocks.filter(isInstall);
    const prefix = join(scratch(), 'usr');
    const done = spawnSync('bash', ['-euo', 'pipefail', '-c', install], { cwd: ROOT, encoding: 'utf8', timeout: 600_000, env: { ...process.env, PREFIX: prefix } });
    assert.equal(done.status, 0, done.stdout.slice(-3000) + done.stderr);
    for (const path of ['bin/mockdc', 'share/man/man1/mockdc.1', 'share/man/man1/mockdc-serve.1', 'share/bash-completion/completions/mockdc',
        'share/zsh/site-functions/_mockdc', 'share/fish/vendor_completions.d/mockdc.fish', 'lib/systemd/system/mockdc.service', 'share/doc/mockdc/README.md',
        'share/mockdc/fixtures/demo/demo.json', 'share/mockdc/openapi.yaml']) {
        assert.ok(existsSync(join(prefix, path)), path);
    }
    const output = (program, words) => spawnSync(program, words, { encoding: 'utf8' });
    assert.match(output(join(prefix, 'bin/mockdc'), ['--version']).stdout, /^mockdc \d/);
    assert.equal(output('bash', ['-n', join(prefix, 'share/bash-completion/completions/mockdc')]).status, 0);
    // every command has its page, and the manual's formatter has nothing to say against it
    const commands = output(join(prefix, 'bin/mockdc'), ['--help']).stdout.match(/(?<=^ {2})[a-z]+(?= {2})/gm);
    assert.ok(commands.includes('serve') && commands.length >= 6);
    for (const command of commands) {
        const page = join(prefix, `share/man/man1/mockdc-${command}.1`);
        const formatted = output('groff', ['-man', '-Tutf8', '-ww', page]);
        assert.equal(formatted.stderr, '', page);
        assert.match(formatted.stdout.replace(/.\x08/g, ''), /EXIT STATUS/); // bold is struck twice
    }
});

test('packaged', () => {
    const folder = scratch();
    const done = spawnSync('cpack', ['-B', folder, '--config', 'build/release/CPackConfig.cmake'], { cwd: ROOT, encoding: 'utf8', timeout: 120_000 });
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const [name] = readdirSync(folder).filter((one) => one.endsWith('.deb'));
    const field = (which) => spawnSync('dpkg-deb', ['-f', join(folder, name), which], { encoding: 'utf8' }).stdout.trim();
    assert.equal(field('Package'), 'mockdc');
    for (const needed of ['mosquitto', 'tzdata', 'libmicrohttpd12', 'libsqlite3-0', 'libcurl4']) {
        assert.match(field('Depends'), new RegExp(`\\b${needed}\\b`));
    }
    assert.equal(spawnSync('dpkg-deb', ['-x', join(folder, name), join(folder, 'root')]).status, 0);
    assert.match(spawnSync(join(folder, 'root/usr/bin/mockdc'), ['--version'], { encoding: 'utf8' }).stdout, /^mockdc \d/);
    assert.ok(existsSync(join(folder, 'root/usr/lib/systemd/system/mockdc.service')) || existsSync(join(folder, 'root/lib/systemd/system/mockdc.service')));
});

test('every link leads somewhere', () => {
    for (const [, target] of README.matchAll(/\]\(([^)#]+)\)/g)) {
        assert.ok(/^https?:/.test(target) || existsSync(join(ROOT, target)), target);
    }
});
