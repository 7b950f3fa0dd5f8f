// The journal's query and its entries in words.
import { formatSize, formatSpan } from './format';
import type { JournalEntry } from './types';

type Kind = JournalEntry['kind'];

export const journalKindWords: Record<Kind, string> = {
    connect: 'Connect', refuse: 'Refused', disconnect: 'Disconnect', frame: 'Frame', firmware: 'Firmware', fault: 'Fault', warning: 'Warning',
};

const NAMES = ['productKey', 'deviceKey', 'planId', 'kind', 'since', 'until'] as const;
export type Filters = Partial<Record<(typeof NAMES)[number], string>>;

// What stands behind the '#' is the API's own query: the same names, the same values.
export const journalQuery = (query: URLSearchParams): string => NAMES.flatMap((name) => {
    const value = query.get(name) ?? '';
    return value === '' ? [] : [`${name}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%3A', ':')}`];
}).join('&');

export function journalHref(filters: Filters): string {
    const query = journalQuery(new URLSearchParams(filters as Record<string, string>));
    return query === '' ? '#/journal' : `#/journal?${query}`;
}

export const kindsOf = (text: string): string[] => text.split(',').filter((word) => word !== '');

// 'frame,fault' with or without 'fault', in the order of the contract.
export function withKind(text: string, kind: Kind, wanted: boolean): string {
    const chosen = new Set(kindsOf(text));
    if (wanted) {
        chosen.add(kind);
    } else {
        chosen.delete(kind);
    }
    return Object.keys(journalKindWords).filter((word) => chosen.has(word)).join(',');
}

const endWords: Record<NonNullable<JournalEntry['ended']>, string> = {
    complete: 'complete', cut: 'cut off', reset: 'reset', clientClosed: 'closed by the device', timeout: 'timed out', serverEnds: 'the server ended',
};

export type Direction = 'device' | 'server' | null;

// Who sent it.
export function senderOf(entry: JournalEntry): Direction {
    switch (entry.kind) {
    case 'frame': return entry.direction ?? null;
    case 'connect': case 'firmware': return 'device';
    case 'refuse': return 'server';
    default: return null;
    }
}

export const directionWords = (sender: Direction): string => (sender === null ? '' : sender === 'device' ? '→ from the device' : '← to the device');

// ' 8 DOWNLOADSUCCESS' of a status: what its reader looks for.
const statusOf = (entry: JournalEntry): string => (/^13: (\d+), 14: "(\w+)"/.exec(entry.decoded ?? '')?.slice(1) ?? []).map((word) => ` ${word}`).join('');

// What happened, in a line: a head that names it, and the rest.
export function entryWords(entry: JournalEntry): [head: string, rest: string] {
    switch (entry.kind) {
    case 'connect':
        return [entry.type === 1 ? 'with its own secret' : 'with the product secret', `from ${entry.address ?? '?'}${entry.encrypted === true ? ', can encrypt' : ''}`];
    case 'refuse':
        return [entry.code === 0 ? 'closed without a word' : `code ${entry.code ?? '?'}`, `${entry.reason ?? ''}, to ${entry.address ?? '?'}`.replace(/^, /, '')];
    case 'disconnect':
        return [entry.reason ?? 'ended', entry.address ?? ''];
    case 'frame':
        return [`${entry.command ?? 'unknown'}${statusOf(entry)}`,
            `id ${entry.packageId ?? '?'}, QoS ${entry.qos ?? '?'}${entry.encrypted === true ? ', encrypted' : ''}${entry.decoded ? ` · ${entry.decoded}` : ''}`];
    case 'firmware':
        return [`${entry.method ?? ''} ${entry.status ?? 'no answer'}`, `${entry.range ?? 'whole'} · ${formatSize(entry.bytes ?? 0)} sent, ${entry.ended === undefined ? '?' : endWords[entry.ended]}, ${formatSpan(entry.durationMs ?? 0)} · ${entry.target ?? ''}`];
    case 'fault':
        return [`${entry.point ?? ''} ${entry.action ?? ''}`, entry.detail ?? ''];
    default:
        return [entry.rule ?? '', entry.detail ?? ''];
    }
}

// Bytes as '0000  aa aa 00 17 ...', 16 a line.
export function hexLines(hex: string): string {
    const lines: string[] = [];
    for (let at = 0; at < hex.length; at += 32) {
        lines.push(`${(at / 2).toString(16).padStart(4, '0')}  ${(hex.slice(at, at + 32).match(/../g) ?? []).join(' ')}`);
    }
    return lines.join('\n');
}

// The youngest entries, at most `most` and a tenth more: a tenth goes at once, so that not every new one moves all others.
export class Kept {
    entries: JournalEntry[] = [];
    forgotten = 0;

    constructor(private readonly most: number) {}

    add(items: JournalEntry[]): void {
        const all = this.entries.concat(items);
        const spare = all.length > 1.1 * this.most ? all.length - this.most : 0;
        this.entries = spare === 0 ? all : all.slice(spare);
        this.forgotten += spare;
    }
}
