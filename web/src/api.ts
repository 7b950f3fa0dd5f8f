// Calls of the REST API: one place for the token, for problems, and for showing what was called.
//
//   call('POST', '/plans/7/suspend') --fetch--> answer | ApiError (a problem+json, with the members it names)
//                                   \--> calls: what the drawer 'REST calls' shows, newest first
import { signal } from '@preact/signals';
import { shellWord } from './format';
import type { Page, Problem } from './types';

export const BASE = '/api/v1';
const CALLS_KEPT = 50;
const PAGE_SIZE = 1000;

export class ApiError extends Error {
    constructor(readonly problem: Problem) {
        super(problem.errors === undefined ? problem.detail ?? problem.title : problem.title);
    }
    // What the server says of the member at `pointer` ('/name'), or below it.
    at(pointer: string): string | undefined {
        const hit = this.problem.errors?.find((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`));
        return hit?.detail;
    }
}

export interface Call {
    id: number;
    method: string;
    path: string;
    curl: string;
    status: number | null; // null: no answer yet, 0: none came
    ms: number;
}

export const calls = signal<Call[]>([]);
export const tokenWanted = signal(false);
let callCount = 0;

const storedToken = (): string | null => sessionStorage.getItem('mockdc.token');

export function setToken(token: string): void {
    sessionStorage.setItem('mockdc.token', token);
    tokenWanted.value = false;
}

export function authorization(): Record<string, string> {
    const token = storedToken();
    return token === null ? {} : { Authorization: `Bearer ${token}` };
}

// The same call for a shell. A token never stands in it: it is a secret of the one who types.
export function curlOf(method: string, path: string, body?: unknown): string {
    const words = ['curl'];
    if (method !== 'GET') {
        words.push('-X', method);
    }
    if (storedToken() !== null) {
        words.push('-H', '"Authorization: Bearer $MOCKDC_API_TOKEN"');
    }
    if (body !== undefined) {
        words.push('-H', "'Content-Type: application/json'", '-d', shellWord(JSON.stringify(body)));
    }
    return [...words, shellWord(location.origin + BASE + path)].join(' ');
}

function note(method: string, path: string, curl: string): (status: number, ms: number) => void {
    const entry: Call = { id: ++callCount, method, path, curl, status: null, ms: 0 };
    calls.value = [entry, ...calls.value].slice(0, CALLS_KEPT);
    return (status, ms) => {
        calls.value = calls.value.map((call) => (call.id === entry.id ? { ...call, status, ms } : call));
    };
}

const unreachable = (): Problem => ({ type: 'about:blank', title: 'The server does not answer', status: 0 });

// What a body that is no JSON or no problem becomes.
export function problemOf(status: number, text: string): Problem {
    try {
        const body: unknown = JSON.parse(text);
        if (typeof body === 'object' && body !== null && 'title' in body) {
            return body as Problem;
        }
    } catch {
        // not JSON: said below
    }
    return { type: 'about:blank', title: `The server answered ${status}`, status };
}

export async function fetchAnswer(path: string, init: RequestInit = {}): Promise<Response> {
    let answer: Response;
    try {
        answer = await fetch(BASE + path, { ...init, headers: { ...authorization(), ...init.headers } });
    } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') {
            throw error;
        }
        throw new ApiError(unreachable());
    }
    if (!answer.ok) {
        tokenWanted.value = tokenWanted.value || answer.status === 401;
        throw new ApiError(problemOf(answer.status, await answer.text()));
    }
    return answer;
}

export async function get<T>(path: string, abort?: AbortSignal): Promise<T> {
    return (await (await fetchAnswer(path, abort === undefined ? {} : { signal: abort })).json()) as T;
}

// All pages of a list, up to `most` items; `each` sees them as they come.
export async function getAll<T>(path: string, most: number, abort: AbortSignal, each?: (items: T[]) => void): Promise<{ items: T[]; more: boolean }> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
        const join: string = path.includes('?') ? '&' : '?';
        const page: Page<T> = await get(`${path}${join}limit=${PAGE_SIZE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`, abort);
        items.push(...page.items);
        each?.(items);
        cursor = page.nextCursor;
    } while (cursor !== null && items.length < most);
    return { items, more: cursor !== null };
}

// A call that changes something: shown among the REST calls.
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const started = performance.now();
    const done = note(method, path, curlOf(method, path, body));
    try {
        const answer = await fetchAnswer(path, body === undefined ? { method } : {
            method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' },
        });
        done(answer.status, performance.now() - started);
        const text = await answer.text();
        return (text === '' ? undefined : JSON.parse(text)) as T;
    } catch (error) {
        done(error instanceof ApiError ? error.problem.status : 0, performance.now() - started);
        throw error;
    }
}

// multipart/form-data with progress, which fetch() cannot tell.
export function upload<T>(path: string, form: FormData, curl: string, onProgress: (part: number) => void): { done: Promise<T>; abort: () => void } {
    const request = new XMLHttpRequest();
    const started = performance.now();
    const noted = note('POST', path, curl);
    const done = new Promise<T>((resolve, reject) => {
        request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
        request.onloadend = () => {
            noted(request.status, performance.now() - started);
            if (request.status >= 200 && request.status < 300) {
                resolve(JSON.parse(request.responseText) as T);
            } else {
                tokenWanted.value = tokenWanted.value || request.status === 401;
                reject(new ApiError(request.status === 0 ? unreachable() : problemOf(request.status, request.responseText)));
            }
        };
    });
    request.open('POST', BASE + path);
    for (const [name, value] of Object.entries(authorization())) {
        request.setRequestHeader(name, value);
    }
    request.send(form);
    return { done, abort: () => request.abort() };
}

export const key = encodeURIComponent;
