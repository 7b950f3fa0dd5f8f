// Stands in for the npm package `testcontainers` with just what docker/testcontainers-node.md uses: a container is the program
// itself, a mapped port is the port that it chose.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const networks = new Map(); // alias -> ports

export class Network {
    async start() { return { stop: async () => {} }; }
}

export class Wait {
    static forHttp(path, port) { return { path, port, forStatusCode(code) { return { path, port, code }; } }; }
}

export class GenericContainer {
    words = ['serve'];
    environment = {};
    constructor(image) { this.image = image; }
    withNetwork() { return this; }
    withNetworkAliases(alias) { this.alias = alias; return this; }
    withExposedPorts() { return this; }
    withEnvironment(environment) { this.environment = environment; return this; }
    withWaitStrategy(strategy) { this.strategy = strategy; return this; }
    withCommand(words) { this.words = words; return this; }

    async start() {
        const folder = mkdtempSync(join(tmpdir(), 'mockdc-container-'));
        const ready = join(folder, 'ready.json');
        const env = Object.fromEntries(Object.entries({ PATH: process.env.PATH, TMPDIR: folder, ...this.environment })
            .map(([name, value]) => [name, value.replace('/usr/local/share/mockdc/fixtures', process.env.STAND_IN_FIXTURES)]));
        const serves = this.words[0] === 'serve';
        const words = serves ? [...this.words, '--ephemeral', '--http', '127.0.0.1:0', '--mqtt', '127.0.0.1:0', '--ready-file', ready]
            : this.words.map((word) => word.replace('mockdc:1883', networks.get('mockdc')?.mqtt ?? word));
        const child = spawn(process.env.STAND_IN, words, { env, stdio: 'ignore' });
        let urls;
        while (serves && !urls) {
            await sleep(20);
            urls = existsSync(ready) && JSON.parse(readFileSync(ready, 'utf8'));
        }
        if (serves) {
            networks.set(this.alias, { mqtt: new URL(urls.mqtt).host });
            const answer = await fetch(`${urls.http}${this.strategy.path}`);
            if (answer.status !== this.strategy.code) {
                throw new Error(`${this.strategy.path}: ${answer.status}`);
            }
        }
        return {
            getHost: () => '127.0.0.1',
            getMappedPort: (port) => new URL(port === 8080 ? urls.http : urls.mqtt).port,
            stop: async () => {
                const ended = new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()));
                child.kill('SIGTERM');
                await ended;
                rmSync(folder, { recursive: true, force: true });
            },
        };
    }
}
