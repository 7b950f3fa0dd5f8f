// The one stream of events that the whole page lives on.
//
//            connect()                  first bytes
//   closed ------------> connecting ------------------> live
//     ^  tab hidden         ^  |  ^                      |
//     |                     |  |  +-- replay by id ---+  | cut, or silent longer than SILENCE_MS
//     +---------------------+  +---- waits, doubling --- lost
//
// Read by fetch(), so that a token can be sent. Nothing is asked for again and again: views reload only when an event (or
// a reset: what was missed is not known) tells them that something has changed.
import { signal } from '@preact/signals';
import { BASE, authorization, tokenWanted } from './api';
import { type Message, StreamReader } from './sse';

export interface Event {
    id?: string;
    at: string;
    kind: string;
    what: string;
    productKey: string | null;
    planId: number | null;
    deviceKey: string | null;
    [member: string]: unknown;
}

export type Connection = 'connecting' | 'live' | 'lost' | 'paused';
export const connection = signal<Connection>('connecting');

const SILENCE_MS = 25_000; // the server says something at least every 10 s
const WAIT_FIRST_MS = 250;
const WAIT_MOST_MS = 5_000;
const OPEN_MS = 500;
const HIDDEN_MS = 10_000; // a tab that nobody sees so long lets the stream go

type Listener = (events: Event[]) => void;
const listeners = new Set<Listener>();
const reloaders = new Set<() => void>();
let cursor: string | null = null;
let running: AbortController | null = null;
let wait = WAIT_FIRST_MS;
let batch: Event[] = [];
let opened: (() => void) | undefined;

function flush(): void {
    const events = batch;
    batch = [];
    for (const listener of [...listeners]) {
        listener(events);
    }
}

// The frames of one device, while somebody looks: a stream of their own, since nobody else shall pay for them. Connects
// again by itself; what went by meanwhile is not kept anywhere. Returns how to stop.
export function listenToFrames(productKey: string, deviceKey: string, each: (event: Event) => void): () => void {
    const abort = new AbortController();
    const query = new URLSearchParams({ kind: 'frame', productKey, deviceKey }).toString();
    const follow = async (): Promise<void> => {
        while (!abort.signal.aborted) {
            try {
                const answer = await fetch(`${BASE}/events?${query}`, { headers: authorization(), signal: abort.signal, cache: 'no-store' });
                if (answer.ok && answer.body !== null) {
                    await readMessages(answer.body, (message) => message.event === 'frame' && each(JSON.parse(message.data) as Event));
                }
            } catch {
                // cut, or nobody looks any more
            }
            await new Promise((resolve) => setTimeout(resolve, WAIT_MOST_MS / 5));
        }
    };
    void follow();
    return () => abort.abort();
}

// Events are handed on once per drawn frame, however many came.
function deliver(event: Event): void {
    batch.push(event);
    if (batch.length === 1) {
        requestAnimationFrame(flush);
    }
}

// `listener` sees all events, in batches. Returns how to stop that.
export function listen(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

// `reload` is called when events were missed for good. Returns how to stop that.
export function onReset(reload: () => void): () => void {
    reloaders.add(reload);
    return () => reloaders.delete(reload);
}

async function readMessages(body: ReadableStream<Uint8Array>, each: (message: Message) => void, alive?: () => void): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const messages = new StreamReader();
    for (;;) {
        const { done, value } = await reader.read();
        if (done) {
            return;
        }
        alive?.();
        messages.feed(decoder.decode(value, { stream: true })).forEach(each);
    }
}

function take(message: Message): void {
    cursor = message.id ?? cursor;
    if (message.event === 'reset') {
        cursor = (JSON.parse(message.data) as { cursor?: string }).cursor ?? null;
        reloaders.forEach((reload) => reload());
    } else if (message.event === 'hello') {
        opened?.();
    } else {
        const event = JSON.parse(message.data) as Event;
        deliver(event);
        if (event.kind === 'product' && ['reset', 'restored', 'deleted'].includes(event.what)) { // all of it went, and nothing tells of each
            reloaders.forEach((reload) => reload());
        }
    }
}

async function session(abort: AbortController): Promise<void> {
    let silence: ReturnType<typeof setTimeout> | undefined;
    const alive = (): void => {
        clearTimeout(silence);
        silence = setTimeout(() => abort.abort(), SILENCE_MS);
    };
    try {
        alive();
        const headers = { Accept: 'text/event-stream', ...authorization(), ...(cursor === null ? {} : { 'Last-Event-ID': cursor }) };
        const answer = await fetch(`${BASE}/events`, { headers, signal: abort.signal, cache: 'no-store' });
        if (answer.status === 401) {
            tokenWanted.value = true;
        }
        if (answer.ok && answer.body !== null) {
            connection.value = 'live';
            wait = WAIT_FIRST_MS;
            await readMessages(answer.body, take, alive);
        }
    } catch {
        // cut or refused: the caller connects again
    } finally {
        clearTimeout(silence);
    }
}

async function run(): Promise<void> {
    while (running !== null) {
        const mine: AbortController = running;
        await session(mine);
        if (running !== mine) {
            return;
        }
        connection.value = 'lost';
        await new Promise((resolve) => setTimeout(resolve, wait));
        wait = Math.min(2 * wait, WAIT_MOST_MS);
        if (running === mine) {
            running = new AbortController();
        }
    }
}

export function connect(): void {
    if (running === null) {
        running = new AbortController();
        void run();
    }
}

function pause(): void {
    const mine = running;
    running = null;
    mine?.abort();
    connection.value = 'paused';
}

// Connects, and lets go while the tab is hidden; what was missed is replayed when it is looked at again. Resolves when
// the stream is open (or does not come soon): what is loaded from then on misses nothing.
export function start(): Promise<void> {
    let hidden: ReturnType<typeof setTimeout> | undefined;
    document.addEventListener('visibilitychange', () => {
        clearTimeout(hidden);
        if (document.hidden) {
            hidden = setTimeout(pause, HIDDEN_MS);
        } else {
            connect();
        }
    });
    connect();
    return new Promise((resolve) => {
        opened = resolve;
        setTimeout(resolve, OPEN_MS);
    });
}
