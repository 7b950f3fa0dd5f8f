// Instants, sizes and spans as a person reads them. Zones are the browser's own (Intl); 'en-GB' gives 24 hours everywhere.

export const readerZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
    let made = formatters.get(zone);
    if (made === undefined) {
        made = new Intl.DateTimeFormat('en-GB', {
            timeZone: zone, hourCycle: 'h23',
            year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
        });
        formatters.set(zone, made);
    }
    return made;
}

// '2026-11-24 09:03:10' in the zone; what is no instant stays as it is.
export function formatInstant(at: string, zone: string): string {
    const date = new Date(at);
    if (Number.isNaN(date.getTime())) {
        return at;
    }
    const part: Record<string, string> = {};
    for (const { type, value } of formatter(zone).formatToParts(date)) {
        part[type] = value;
    }
    return `${part['year']}-${part['month']}-${part['day']} ${part['hour']}:${part['minute']}:${part['second']}`;
}

// The same to the millisecond.
export const formatExact = (at: string, zone: string): string => `${formatInstant(at, zone)}${/\.\d{3}/.exec(at)?.[0] ?? ''}`;

// What <input type="datetime-local"> shows of an instant, and the instant that it means, in the reader's zone; '' and what is none stay.
export const localOfInstant = (at: string): string => (Number.isNaN(Date.parse(at)) ? '' : formatInstant(at, readerZone()).replace(' ', 'T'));
export const instantOfLocal = (local: string): string => (Number.isNaN(Date.parse(local)) ? '' : new Date(local).toISOString());

export function formatSize(bytes: number): string {
    if (bytes < 1024) {
        return `${bytes} B`;
    }
    const kib = bytes / 1024;
    return kib < 1024 ? `${kib.toFixed(kib < 10 ? 1 : 0)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

// '2 h 05 min', '4 min 10 s', '12 s'; of less than a second '0.3 s'.
export function formatSpan(ms: number): string {
    const seconds = Math.max(0, ms) / 1000;
    if (seconds < 10) {
        return `${seconds.toFixed(1)} s`;
    }
    const whole = Math.round(seconds);
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
    if (hours > 0) {
        return `${hours} h ${String(minutes).padStart(2, '0')} min`;
    }
    return minutes > 0 ? `${minutes} min ${String(whole % 60).padStart(2, '0')} s` : `${whole} s`;
}

export const formatPercent = (part: number, whole: number): string => (whole === 0 ? '0 %' : `${Math.round((100 * part) / whole)} %`);

// One word of a shell command, safe whatever it holds.
export const shellWord = (text: string): string => (/^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
