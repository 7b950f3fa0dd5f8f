// The parts that all views are made of.
import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError, BASE, call, curlOf, fetchAnswer } from './api';
import { saveFile } from './csv';
import { formatExact, formatInstant, instantOfLocal, localOfInstant, readerZone } from './format';
import type { DeviceStatus, PlanStatus, Product } from './types';
import { deviceStatusWords, planStatusWords } from './words';

type Children = ComponentChildren;

/* --- what is said aloud and shown for a moment --- */

export interface Notice {
    id: number;
    text: string;
    bad: boolean;
}
export const notices = signal<Notice[]>([]);
export const announcement = signal('');
let noticeCount = 0;
const NOTICE_MS = 6000;

export function say(text: string, bad = false): void {
    const notice = { id: ++noticeCount, text, bad };
    notices.value = [...notices.value.slice(-3), notice];
    announcement.value = text;
    setTimeout(() => {
        notices.value = notices.value.filter((other) => other.id !== notice.id);
    }, NOTICE_MS);
}

/* --- icons: the four statuses differ in form, not only in colour --- */

const statusPaths: Record<DeviceStatus, JSX.Element> = {
    nonUpgraded: <circle cx="8" cy="8" r="5.5" stroke-dasharray="2.2 2.1" />,
    inUpgrade: <><circle cx="8" cy="8" r="5.5" /><path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" /></>,
    upgraded: <path d="m3 8.5 3.3 3.5L13 4.5" />,
    failed: <path d="m4 4 8 8m0-8-8 8" />,
};

export const StatusIcon = ({ status }: { status: DeviceStatus }) => (
    <svg class={`icon status-${status}`} viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round">
        {statusPaths[status]}
    </svg>
);

export const DeviceStatusBadge = ({ status }: { status: DeviceStatus }) => (
    <span class={`badge status-${status}`}><StatusIcon status={status} />{deviceStatusWords[status]}</span>
);

export const PlanStatusBadge = ({ status }: { status: PlanStatus }) => <span class={`badge plan-${status}`}>{planStatusWords[status]}</span>;

export const Online = ({ online }: { online: boolean }) => (
    <span class={`badge ${online ? 'online' : 'offline'}`}><span class="dot" aria-hidden="true" />{online ? 'Online' : 'Offline'}</span>
);

/* --- times: in the reader's zone or in the plan's --- */

export const planZoneWanted = signal(localStorage.getItem('mockdc.zone') === 'plan');

export function ZoneChoice({ zone }: { zone: string }) {
    const choose = (plan: boolean): void => {
        planZoneWanted.value = plan;
        localStorage.setItem('mockdc.zone', plan ? 'plan' : 'mine');
    };
    return (
        <Field label="Times in">
            {(id) => (
                <select id={id} value={planZoneWanted.value ? 'plan' : 'mine'} onChange={(event) => choose(event.currentTarget.value === 'plan')}>
                    <option value="mine">my zone ({readerZone()})</option>
                    <option value="plan">the plan's zone ({zone})</option>
                </select>
            )}
        </Field>
    );
}

// An instant; the other zone and the exact value are in its title.
export function Time({ at, zone }: { at: string | null | undefined; zone?: string | undefined }) {
    if (at === null || at === undefined) {
        return <span class="none" title="not yet">–</span>;
    }
    const mine = readerZone();
    const shown = zone !== undefined && planZoneWanted.value ? zone : mine;
    const title = [`${formatInstant(at, mine)} ${mine}`, ...(zone !== undefined && zone !== mine ? [`${formatInstant(at, zone)} ${zone} (plan)`] : []), at].join('\n');
    return <time dateTime={at} title={title}>{formatInstant(at, shown)}</time>;
}

// To the millisecond, in the reader's zone.
export const ExactTime = ({ at }: { at: string }) => <time dateTime={at} title={at}>{formatExact(at, readerZone())}</time>;

/* --- buttons that call --- */

export interface Wanted {
    method: string;
    path: string;
    body?: unknown;
}

// Calls, says what came of it, and shows its REST call before (title) and after (drawer).
export function Action({ label, name, wanted, done, ask, kind = '', disabled = false, said }: {
    label: string;
    name?: string; // where the label alone does not say on what it acts
    wanted: Wanted;
    done?: (answer: unknown) => void;
    ask?: Children; // a question that must be answered first
    kind?: '' | 'primary' | 'danger';
    disabled?: boolean;
    said?: string | ((answer: unknown) => string);
}) {
    const [busy, setBusy] = useState(false);
    const [asking, setAsking] = useState(false);
    const run = async (): Promise<void> => {
        setAsking(false);
        setBusy(true);
        try {
            const answer = await call(wanted.method, wanted.path, wanted.body);
            say(typeof said === 'function' ? said(answer) : said ?? `${label}: done`);
            done?.(answer);
        } catch (error) {
            say(`${label}: ${error instanceof Error ? error.message : 'failed'}`, true);
        }
        setBusy(false);
    };
    const curl = curlOf(wanted.method, wanted.path, wanted.body);
    return (
        <>
            <button type="button" class={kind} disabled={disabled || busy} aria-label={name} title={curl} onClick={() => (ask === undefined ? void run() : setAsking(true))}>{label}</button>
            {asking && (
                <Dialog title={`${name ?? label}?`} close={() => setAsking(false)}>
                    {ask}
                    <Curl line={curl} />
                    <div class="row end">
                        <button type="button" onClick={() => setAsking(false)}>Cancel</button>
                        <button type="button" class={kind || 'primary'} onClick={() => void run()}>{label}</button>
                    </div>
                </Dialog>
            )}
        </>
    );
}

// A file that the server makes: a true link, fetched with the token by a click, so that a refusal is told.
export function Save({ label, name, path, file, type }: { label: string; name?: string; path: string; file: string; type: string }) {
    const save = async (): Promise<void> => {
        try {
            saveFile(file, type, await (await fetchAnswer(path)).blob());
        } catch (error) {
            say(`${label}: ${error instanceof Error ? error.message : 'failed'}`, true);
        }
    };
    return <a class="button" href={BASE + path} download={file} aria-label={name} title={curlOf('GET', path)} onClick={(event) => { event.preventDefault(); void save(); }}>{label}</a>;
}

export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
    const copy = async (): Promise<void> => {
        try {
            await navigator.clipboard.writeText(text);
            say('Copied');
        } catch {
            say('The browser does not let the page copy; select the text instead', true);
        }
    };
    return <button type="button" class="small quiet" onClick={() => void copy()}>{label}</button>;
}

export const Curl = ({ line }: { line: string }) => (
    <div class="curl"><code tabIndex={0}>{line}</code><Copy text={line} label="Copy" /></div>
);

/* --- dialogs and drawers: the browser's own <dialog>, with its focus trap and Escape --- */

export function Dialog({ title, close, children, drawer = false }: { title: string; close: () => void; children: Children; drawer?: boolean }) {
    const dialog = useRef<HTMLDialogElement>(null);
    const id = useId();
    useEffect(() => {
        dialog.current?.showModal();
    }, []);
    return (
        <dialog ref={dialog} class={drawer ? 'drawer' : ''} aria-labelledby={id} onClose={close}
            onClick={(event) => event.target === dialog.current && dialog.current?.close()}>
            <div class="dialog-body">
                <header class="row"><h2 id={id}>{title}</h2><button type="button" class="quiet" aria-label={`Close ${title}`} onClick={() => dialog.current?.close()}>✕</button></header>
                {children}
            </div>
        </dialog>
    );
}

/* --- forms --- */

// A labelled control; `error` is the server's own word on this member.
export function Field({ label, hint, error, children }: { label: string; hint?: Children; error?: string | undefined; children: (id: string, described: string) => Children }) {
    const id = useId();
    return (
        <div class={error === undefined ? 'field' : 'field wrong'}>
            <label for={id}>{label}</label>
            {children(id, `${id}-hint ${id}-error`)}
            {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
            {error !== undefined && <small id={`${id}-error`} class="error" role="alert">{error}</small>}
        </div>
    );
}

export function TextField({ label, value, change, hint, error, type = 'text', ...rest }: {
    label: string; value: string; change: (value: string) => void; hint?: Children; error?: string | undefined;
    type?: 'text' | 'number' | 'password' | 'search' | 'datetime-local' | 'time'; placeholder?: string; list?: string; required?: boolean; min?: string; max?: string; step?: string;
}) {
    return (
        <Field label={label} hint={hint} error={error}>
            {(id, described) => (
                <input id={id} value={value} aria-describedby={described} aria-invalid={error !== undefined} autocomplete="off" spellcheck={false}
                    onInput={(event) => change(event.currentTarget.value)} {...({ type, ...rest } as object)} />
            )}
        </Field>
    );
}

export function SelectField({ label, value, change, options, hint, error }: {
    label: string; value: string; change: (value: string) => void; options: [string, string][]; hint?: Children; error?: string | undefined;
}) {
    return (
        <Field label={label} hint={hint} error={error}>
            {(id, described) => (
                <select id={id} value={value} aria-describedby={described} aria-invalid={error !== undefined} onChange={(event) => change(event.currentTarget.value)}>
                    {options.map(([option, text]) => <option key={option} value={option}>{text}</option>)}
                </select>
            )}
        </Field>
    );
}

// An instant as the API writes it (RFC 3339), chosen in the reader's zone.
export const InstantField = ({ label, value, change }: { label: string; value: string; change: (value: string) => void }) => (
    <TextField label={label} type="datetime-local" step="1" value={localOfInstant(value)} change={(local) => change(instantOfLocal(local))} hint={readerZone()} />
);

// The products to choose from; one that is named although it is gone stays to be seen.
export const productOptions = (products: Product[], all: string, named: string): [string, string][] => [
    ['', all], ...products.map(({ productKey, name }): [string, string] => [productKey, `${name} (${productKey})`]),
    ...(named === '' || products.some(({ productKey }) => productKey === named) ? [] : [[named, named] as [string, string]]),
];

// What a refused call says as a whole; members have their text at their field.
export const ProblemBox = ({ error }: { error: ApiError | undefined }) => error === undefined ? null : (
    <div class="problem" role="alert">
        <strong>{error.problem.title}</strong>
        {error.problem.errors === undefined && error.problem.detail !== undefined && <p>{error.problem.detail}</p>}
        {error.problem.errors !== undefined && <ul>{error.problem.errors.map((item) => <li key={item.pointer}><code>{item.pointer || '/'}</code> {item.detail}</li>)}</ul>}
    </div>
);

/* --- the frame of a view --- */

export function View({ title, crumbs = [], actions, children }: { title: string; crumbs?: [string, string][]; actions?: Children; children: Children }) {
    useEffect(() => {
        document.title = `${title} · mockdc`;
    }, [title]);
    return (
        <>
            {crumbs.length > 0 && <nav class="crumbs" aria-label="Breadcrumb"><ol>{crumbs.map(([text, address]) => <li key={address}><a href={address}>{text}</a></li>)}</ol></nav>}
            <div class="row title"><h1 tabIndex={-1}>{title}</h1>{actions !== undefined && <div class="row actions">{actions}</div>}</div>
            {children}
        </>
    );
}

export const Empty = ({ title, children, curl }: { title: string; children?: Children; curl?: string }) => (
    <div class="empty"><h2>{title}</h2>{children}{curl !== undefined && <Curl line={curl} />}</div>
);

export const Loading = () => <p class="loading" role="status">Loading …</p>;

// What stands in a view's place while its resource is not there.
export const Missing = ({ error, what, back }: { error: ApiError | undefined; what: string; back: string }) => {
    if (error === undefined) {
        return <Loading />;
    }
    return error.problem.status === 404
        ? <View title={`No such ${what}`}><Empty title={`There is no such ${what}`}><p>It may have been deleted. <a href={back}>Back to the list</a></p></Empty></View>
        : <View title="Cannot be shown"><ProblemBox error={error} /></View>;
};

export const Definition = ({ items }: { items: [string, Children][] }) => (
    <dl class="facts">{items.map(([term, value]) => <div key={term}><dt>{term}</dt><dd>{value ?? <span class="none">–</span>}</dd></div>)}</dl>
);

export const Progress = ({ part, label }: { part: number; label: string }) => (
    <span class="progress" role="progressbar" aria-valuenow={part} aria-valuemin={0} aria-valuemax={100} aria-label={label}>
        <span style={{ inlineSize: `${part}%` }} /><b>{part} %</b>
    </span>
);

// A plain table that becomes cards on a phone: each cell knows its heading.
export function Table<T>({ caption, columns, rows, rowKey }: {
    caption: string; columns: [string, (row: T) => Children][]; rows: T[]; rowKey: (row: T) => string | number;
}) {
    return (
        <div class="table-scroll" role="region" aria-label={caption} tabIndex={0}>
            <table>
                <caption class="hidden">{caption}</caption>
                <thead><tr>{columns.map(([heading]) => <th key={heading} scope="col">{heading}</th>)}</tr></thead>
                <tbody>{rows.map((row) => <tr key={rowKey(row)}>{columns.map(([heading, show]) => <td key={heading} data-heading={heading}>{show(row)}</td>)}</tr>)}</tbody>
            </table>
        </div>
    );
}
