// A real server, real virtual devices and a real browser for the tests of the page.
//
//   const house = await open();      server on free ports, state in a temporary folder
//   house.rest(method, path, body)   the REST API            house.device({...})   `mockdc device`, ended with the house
//   const page = await house.page()  a tab; an error on its console fails the test that closes the house
//   await house.close()
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.MOCKDC ?? new URL('../../build/dev/mockdc', import.meta.url).pathname;
const SCREENSHOTS = process.env.SCREENSHOTS ?? join(tmpdir(), 'mockdc-screenshots');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const START_MS = 10_000;

export const PRODUCT = { productKey: 'demo', productSecret: 'demosecret', name: 'Demo product' };

export async function until(what, look, ms = 10_000) {
    const end = Date.now() + ms;
    for (;;) {
        const seen = await look();
        if (seen) {
            return seen;
        }
        assert.ok(Date.now() < end, `never: ${what}`);
        await sleep(20);
    }
}

async function startServer(folder, http, mqtt, options) {
    const ready = join(folder, 'ready.json');
    rmSync(ready, { force: true });
    const child = spawn(PROGRAM, ['serve', '--http', http, '--mqtt', mqtt, '--data-dir', join(folder, 'data'), '--ready-file', ready, '--log-level', 'warn', ...options],
        { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, MOCKDC_RUNTIME_DIR: folder } });
    await until('the server is ready', () => existsSync(ready) || (child.exitCode !== null && assert.fail('the server ended')), START_MS);
    return { child, ...JSON.parse(readFileSync(ready, 'utf8')) };
}

const ended = (child) => (child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve)));

export class House {
    children = [];
    complaints = [];

    async open(options) {
        this.folder = mkdtempSync(join(tmpdir(), 'mockdc-web-'));
        this.options = options;
        this.server = await startServer(this.folder, '127.0.0.1:0', '127.0.0.1:0', options);
        this.browser = await chromium.launch({
            executablePath: CHROMIUM,
            args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
        });
        return this;
    }

    async stopServer() {
        this.server.child.kill('SIGTERM');
        await ended(this.server.child);
    }

    // On the same ports and with the same state.
    async startServerAgain() {
        this.server = await startServer(this.folder, new URL(this.server.http).host, this.server.mqtt.replace('mqtt://', ''), this.options);
    }

    async close() {
        for (const child of this.children) {
            child.kill('SIGTERM');
        }
        await Promise.all(this.children.map(ended));
        await this.browser.close();
        await this.stopServer();
        rmSync(this.folder, { recursive: true, force: true });
        assert.deepEqual(this.complaints, [], 'the browser complained');
    }

    async rest(method, path, body, expected = [200, 201, 204]) {
        const multipart = body instanceof FormData;
        const answer = await fetch(`${this.server.http}/api/v1${path}`, {
            method, ...(body === undefined ? {} : { body: multipart ? body : JSON.stringify(body) }),
            headers: { ...this.headers, ...(body === undefined || multipart ? {} : { 'Content-Type': 'application/json' }) },
        });
        const text = await answer.text();
        assert.ok(expected.includes(answer.status), `${method} ${path}: ${answer.status} ${text}`);
        return text === '' ? undefined : JSON.parse(text);
    }

    async package(members = {}, size = 4096) {
        const form = new FormData();
        const whole = { name: 'Motor 2.0.0', productKey: PRODUCT.productKey, componentType: 'mcu', packageType: 'full', targetVersion: '2_0_0', remarks: '', ...members };
        form.append('package', new Blob([JSON.stringify(whole)], { type: 'application/json' }));
        form.append('file', new Blob([new Uint8Array(size).fill(7)]), 'motor.bin');
        return this.rest('POST', '/packages', form);
    }

    async plan(packageId, members = {}) {
        return this.rest('POST', '/plans', {
            name: 'Rollout', productKey: PRODUCT.productKey, mode: 'silent', timeZone: 'Asia/Shanghai',
            components: [{ componentNo: 'STM32', name: 'Motor controller', componentType: 'mcu', packageId, sequence: 1 }], ...members,
        });
    }

    // Product, package and a plan; `activate` it unless told otherwise.
    async demo({ size, activate = true, ...members } = {}) {
        await this.rest('POST', '/products', PRODUCT);
        const made = await this.package({}, size);
        const plan = await this.plan(made.id, members);
        if (activate) {
            await this.rest('POST', `/plans/${plan.id}/activate`);
        }
        return { plan, package: made };
    }

    spawn(words) {
        const child = spawn(PROGRAM, words, { stdio: ['ignore', 'ignore', 'inherit'] });
        this.children.push(child);
        return child;
    }

    device(deviceKey, words = []) {
        return this.spawn(['device', '--mqtt', this.server.mqtt, '--product-key', PRODUCT.productKey, '--product-secret', PRODUCT.productSecret,
            '--device-key', deviceKey, '--mcu', 'STM32=1_0_0', '--rsrp', '-90', ...words]);
    }

    async page(options = {}) {
        const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options });
        const page = await context.newPage();
        page.setDefaultTimeout(10_000);
        page.on('pageerror', (error) => this.complaints.push(String(error)));
        page.on('console', (message) => {
            // a refused or interrupted request is what some tests are about
            if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text())) {
                this.complaints.push(message.text());
            }
        });
        page.on('request', (request) => {
            const host = new URL(request.url()).hostname;
            if (!request.url().startsWith('blob:') && host !== '127.0.0.1') {
                this.complaints.push(`a request left for ${host}`);
            }
        });
        return page;
    }

    async go(page, address) {
        await page.goto('about:blank'); // a change behind the '#' alone would keep the document, and what was typed
        await page.goto(`${this.server.http}/${address}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
    }
}

// A wire between browser and server that can be cut and mended.
export async function wire(house) {
    const target = new URL(house.server.http);
    const sockets = new Set();
    let whole = true;
    const server = createServer((near) => {
        const far = connect(Number(target.port), target.hostname);
        for (const [socket, other] of [[near, far], [far, near]]) {
            sockets.add(socket);
            socket.on('error', () => other.destroy());
            socket.on('close', () => sockets.delete(socket) && other.destroy());
        }
        if (!whole) {
            near.destroy();
        }
        near.pipe(far).pipe(near);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        http: `http://127.0.0.1:${server.address().port}`,
        cut() {
            whole = false;
            sockets.forEach((socket) => socket.destroy());
        },
        mend() {
            whole = true;
        },
        close() {
            this.cut();
            return new Promise((resolve) => server.close(resolve));
        },
    };
}

export const open = (...options) => new House().open(options);

// Fails with what axe finds by WCAG 2.2 AA and best practices.
export async function checkAccess(page, name) {
    await page.evaluate(AXE.includes('define') ? `{const define = undefined; ${AXE}}` : AXE);
    const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    assert.deepEqual(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`), [], `axe in ${name}`);
}

// The text that stands under a labelled control.
export async function errorAt(page, label) {
    const control = page.getByLabel(label, { exact: true });
    const described = (await control.getAttribute('aria-describedby')).split(' ');
    return page.locator(described.map((id) => `[id="${id}"].error`).join(',')).textContent();
}

// Kept for a person to look at.
export async function shoot(page, name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
