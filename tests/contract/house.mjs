// A real server with real virtual devices; every call is kept.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from './traffic.mjs';

const PROGRAM = process.env.MOCKDC ?? new URL('../../build/dev/mockdc', import.meta.url).pathname;
export const TOKEN = 'token-of-the-house';
const ended = (child) => (child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve)));

export async function until(what, look, ms = 10_000) {
    for (const end = Date.now() + ms; ;) {
        const seen = await look();
        if (seen) {
            return seen;
        }
        assert.ok(Date.now() < end, `never: ${what}`);
        await sleep(20);
    }
}

export class House {
    calls = [];
    children = [];

    // `fileLimit`: KiB that the server may write into one file, so that its disk is full early.
    async open({ options = [], fileLimit } = {}) {
        this.folder = mkdtempSync(join(tmpdir(), 'mockdc-contract-'));
        this.data = join(this.folder, 'data');
        const ready = join(this.folder, 'ready.json');
        const words = ['serve', '--http', '127.0.0.1:0', '--mqtt', '127.0.0.1:0', '--data-dir', this.data, '--ready-file', ready, '--log-level', 'error', '--api-token', TOKEN, ...options];
        const [program, ...before] = fileLimit === undefined ? [PROGRAM] : ['/bin/sh', '-c', `trap '' XFSZ; ulimit -f ${fileLimit * 2}; exec "$0" "$@"`, PROGRAM];
        this.child = spawn(program, [...before, ...words], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, MOCKDC_RUNTIME_DIR: this.folder } });
        await until('the server is ready', () => existsSync(ready) || (this.child.exitCode !== null && assert.fail('the server ended')));
        Object.assign(this, JSON.parse(readFileSync(ready, 'utf8')));
        return this;
    }

    async send(call) {
        const { anonymous, ...rest } = call;
        const done = await exchange(this.http, { ...rest, headers: { ...(anonymous ? {} : { authorization: `Bearer ${TOKEN}` }), ...rest.headers } });
        this.calls.push(done);
        return { status: done.response.status, headers: done.response.headers, text: done.response.body.toString(), get json() { return JSON.parse(this.text); } };
    }

    // Below /api/v1, and it must answer `status`.
    async rest(method, path, body, status, more = {}) {
        const answer = await this.send({ method, path: `/api/v1${path}`, body, ...more });
        assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
        return answer.text.startsWith('{') ? answer.json : answer;
    }

    // A package of one file; `members` over those of a full one.
    async package(members, status = 201, { file = 'motor.bin', size = 4096, headers = {} } = {}) {
        const form = new FormData();
        form.append('package', new Blob([JSON.stringify({ name: 'Motor 2.0.0', productKey: 'demo', componentType: 'mcu', packageType: 'full', targetVersion: '2_0_0', ...members })], { type: 'application/json' }));
        form.append('file', new Blob([new Uint8Array(size).fill(7)]), file);
        const wire = new Response(form);
        return this.rest('POST', '/packages', Buffer.from(await wire.arrayBuffer()), status, { headers: { 'content-type': wire.headers.get('content-type'), ...headers } });
    }

    plan(packageId, members, status = 201) {
        return this.rest('POST', '/plans', { name: 'Rollout', productKey: 'demo', mode: 'silent', timeZone: 'Asia/Shanghai', components: [{ componentNo: 'STM32', name: 'Motor', componentType: 'mcu', packageId, sequence: 1 }], ...members }, status);
    }

    device(productKey, deviceKey, ...words) {
        const child = spawn(PROGRAM, ['device', '--mqtt', this.mqtt, '--product-key', productKey, '--product-secret', `${productKey}secret`, '--device-key', deviceKey, '--mcu', 'STM32=1_0_0', '--rsrp', '-90', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
        this.children.push(child);
        return child;
    }

    async online(productKey, deviceKey) {
        await until(`${deviceKey} is online and has told its versions`, async () => {
            const { response } = await exchange(this.http, { path: `/api/v1/products/${productKey}/devices/${deviceKey}`, headers: { authorization: `Bearer ${TOKEN}` } });
            const device = JSON.parse(response.body);
            return device.online && device.mcuVersions.STM32 && device.rsrp !== null;
        });
    }

    async close() {
        this.children.forEach((child) => child.kill('SIGTERM'));
        await Promise.all(this.children.map(ended));
        this.child.kill('SIGTERM');
        await ended(this.child);
        rmSync(this.folder, { recursive: true, force: true });
    }
}

export const open = (settings) => new House().open(settings);
