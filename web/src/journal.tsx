// The journal: what went over the wire, newest last, with the API's own query as its filter.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, curlOf, get, key } from './api';
import { listen, onReset } from './events';
import { formatSize } from './format';
import { useMedia, useProducts, useResource, useSettled } from './hooks';
import { Kept, directionWords, entryWords, hexLines, journalHref, journalKindWords, journalQuery, kindsOf, senderOf, withKind } from './journal-words';
import { href, place, setQuery } from './router';
import type { Device, JournalEntry, JournalPage, Page, Plan } from './types';
import { Copy, Curl, Definition, Dialog, Empty, ExactTime, InstantField, Loading, ProblemBox, Save, SelectField, TextField, View, productOptions } from './ui';
import { VirtualList, type Part } from './virtual';
import { plural } from './words';

const MOST_ENTRIES = 20_000; // kept by the browser; the server's files hold all
const PAGE = 1000;
const FOLLOW_MS = 2000; // what goes over the wire is no event: the end is asked for what came
const SOON_MS = 250;    // or sooner, when an event says that something happened

interface Journal {
    entries: JournalEntry[];
    forgotten: number;
    dropped: number;
    loading: boolean;
    error?: ApiError;
}

// All that matches, then what comes, by the cursor of the end.
function useJournal(query: string): Journal {
    const [state, setState] = useState<Journal & { query: string }>({ query, entries: [], forgotten: 0, dropped: 0, loading: true });
    useEffect(() => {
        const abort = new AbortController();
        let kept = new Kept(MOST_ENTRIES);
        let cursor: string | null = null;
        let busy = false;
        let timer: ReturnType<typeof setTimeout> | undefined;
        const show = (change: Partial<Journal>): void => setState((old) => ({ ...old, query, entries: kept.entries, forgotten: kept.forgotten, ...change }));
        const read = async (): Promise<void> => {
            for (let more = true; more;) {
                const page: JournalPage = await get(`/journal?${query === '' ? '' : `${query}&`}limit=${PAGE}${cursor === null ? '' : `&cursor=${key(cursor)}`}`, abort.signal);
                cursor = page.cursor ?? cursor;
                more = page.nextCursor !== null;
                kept.add(page.items);
                show({ dropped: page.dropped, loading: more });
            }
        };
        const run = async (): Promise<void> => {
            busy = true;
            let refused = false;
            try {
                if (!document.hidden) {
                    await read();
                }
            } catch (error) {
                if (abort.signal.aborted) {
                    return;
                }
                refused = error instanceof ApiError && error.problem.status === 400;
                show({ loading: false, ...(error instanceof ApiError && error.problem.status !== 0 ? { error } : {}) });
            }
            busy = false;
            if (!refused) {
                schedule(FOLLOW_MS);
            }
        };
        const schedule = (ms: number): void => {
            clearTimeout(timer);
            timer = setTimeout(() => void run(), ms);
        };
        const again = (): void => { // the server began anew: its cursors, too
            [kept, cursor] = [new Kept(MOST_ENTRIES), null];
            soon();
        };
        let soonSet = false;
        const soon = (): void => {
            if (!busy && !soonSet) {
                soonSet = true;
                clearTimeout(timer);
                timer = setTimeout(() => { soonSet = false; void run(); }, SOON_MS);
            }
        };
        setState({ query, entries: [], forgotten: 0, dropped: 0, loading: true });
        void run();
        const stops = [listen(soon), onReset(again)];
        return () => {
            abort.abort();
            clearTimeout(timer);
            stops.forEach((stop) => stop());
        };
    }, [query]);
    return state.query === query ? state : { entries: [], forgotten: 0, dropped: 0, loading: true };
}

/* --- filters --- */

function Kinds({ value }: { value: string }) {
    const chosen = kindsOf(value);
    return (
        <fieldset class="kinds"><legend>Kinds</legend>
            {(Object.entries(journalKindWords) as [JournalEntry['kind'], string][]).map(([kind, words]) => (
                <label key={kind}><input type="checkbox" checked={chosen.includes(kind)} onChange={(event) => setQuery({ kind: withKind(value, kind, event.currentTarget.checked) })} /> {words}</label>
            ))}
            <small>none: all</small>
        </fieldset>
    );
}

function Filters() {
    const query = place.value.query;
    const of = (name: string): string => query.get(name) ?? '';
    const set = (name: string) => (value: string): void => setQuery({ [name]: value });
    const product = of('productKey');
    const products = useProducts();
    const plans = useResource<Page<Plan>>(`/plans?limit=1000${product === '' ? '' : `&productKey=${key(product)}`}`, (event) => event.kind === 'plan').data?.items ?? [];
    const typed = useSettled(of('deviceKey'));
    const devices = useResource<Page<Device>>(product === '' ? null : `/products/${key(product)}/devices?limit=100${typed === '' ? '' : `&q=${key(typed)}`}`, () => false).data?.items ?? [];
    const known = of('planId') === '' || plans.some(({ id }) => String(id) === of('planId'));
    return (
        <div class="toolbar top-aligned" role="search">
            <SelectField label="Product" value={product} change={set('productKey')} options={productOptions(products, 'all', product)} />
            <TextField label="Device key" type="search" value={of('deviceKey')} change={set('deviceKey')} list="journal-devices" hint="the whole key" />
            <datalist id="journal-devices">{devices.map(({ deviceKey }) => <option key={deviceKey} value={deviceKey} />)}</datalist>
            <SelectField label="Plan" value={of('planId')} change={set('planId')} options={[['', 'all'], ...plans.map(({ id, name }): [string, string] => [String(id), `${name} (${id})`]), ...(known ? [] : [[of('planId'), `plan ${of('planId')}`] as [string, string]])]} />
            <InstantField label="Since" value={of('since')} change={set('since')} />
            <InstantField label="Until" value={of('until')} change={set('until')} />
            <Kinds value={of('kind')} />
        </div>
    );
}

/* --- one entry --- */

function Bytes({ title, hex }: { title: string; hex: string }) {
    return (
        <section aria-label={title}><div class="row title"><h3>{title} <small>{formatSize(hex.length / 2)}</small></h3><Copy text={hex} label="Copy as hex" /></div>
            <pre class="mono hex" tabIndex={0}>{hexLines(hex)}</pre></section>
    );
}

function Entry({ entry, close }: { entry: JournalEntry; close: () => void }) {
    const { id, at, wallAt, kind, productKey, deviceKey, planId, componentNo, raw, clear, decoded, ...rest } = entry;
    const [head] = entryWords(entry);
    return (
        <Dialog drawer title={`${journalKindWords[kind]} ${id}: ${head}`} close={close}>
            <Definition items={[
                ['At', <ExactTime at={at} />], ['By the system clock', <ExactTime at={wallAt} />], ['Product', productKey],
                ['Device', deviceKey === null || productKey === null ? deviceKey : <a class="mono" href={href('devices', productKey, deviceKey)}>{deviceKey}</a>],
                ...(planId === null ? [] : [['Plan', <a href={deviceKey === null ? href('plans', planId) : href('plans', planId, 'devices', deviceKey)}>{planId}</a>] as [string, preact.ComponentChildren]]),
                ...(componentNo === null ? [] : [['Component', componentNo] as [string, string]]),
                ...Object.entries(rest).map(([name, value]): [string, preact.ComponentChildren] => [name, value === null ? null : <span class="mono">{String(value)}</span>]),
            ]} />
            {decoded != null && <section aria-label="Decoded"><h3>Decoded (id: value)</h3><p class="mono">{decoded}</p></section>}
            {raw !== undefined && <Bytes title="On the wire" hex={raw} />}
            {entry.encrypted === true && clear !== undefined && <Bytes title="Decrypted" hex={clear} />}
            {clear !== undefined && <Curl line={`mockdc wire decode ${clear}`} />}
            {deviceKey !== null && productKey !== null && <p><a href={journalHref({ productKey, deviceKey })}>All of this device</a></p>}
        </Dialog>
    );
}

/* --- the view --- */

const ROW_PX = 36;
const ROW_PHONE_PX = 92;

function Row({ entry, open }: { entry: JournalEntry; open: (entry: JournalEntry) => void }) {
    const [head, rest] = entryWords(entry);
    const odd = entry.verdict !== undefined && entry.verdict !== 'ok';
    return (
        <>
            <span role="cell" class="mono"><ExactTime at={entry.at} /></span>
            <span role="cell" class="mono">{entry.deviceKey === null || entry.productKey === null ? <span class="none">{entry.deviceKey ?? 'a stranger'}</span> : <a href={href('devices', entry.productKey, entry.deviceKey)}>{entry.deviceKey}</a>}</span>
            <span role="cell" class={`kind kind-${entry.kind}`}>{journalKindWords[entry.kind]}</span>
            <span role="cell" class="wide">{directionWords(senderOf(entry))}</span>
            <span role="cell" class="what"><button type="button" class="plain" title={`${head} ${rest}`} onClick={() => open(entry)}><b>{head}</b>{odd && <b class="kind-warning"> {entry.verdict}</b>} <span class={entry.kind === 'frame' ? 'mono' : undefined}>{rest}</span></button></span>
        </>
    );
}

const Position = ({ part, count, jump }: { part: Part; count: number; jump: (index: number) => void }) => (
    <nav class="pager" aria-label="Places in the journal">
        <span>{count === 0 ? '0' : `${(part.first + 1).toLocaleString('en')}–${part.last.toLocaleString('en')}`} of {count.toLocaleString('en')}</span>
        <button type="button" class="small" disabled={part.first === 0} onClick={() => jump(0)}>To the oldest</button>
        <button type="button" class="small" disabled={part.last >= count} onClick={() => jump(count)}>To the newest{part.last < count && ` (${(count - part.last).toLocaleString('en')} further)`}</button>
    </nav>
);

export function JournalView() {
    const wanted = journalQuery(place.value.query);
    const query = useSettled(wanted);
    const { entries, forgotten, dropped, loading, error } = useJournal(query);
    const [open, setOpen] = useState<JournalEntry | undefined>();
    const phone = useMedia('(max-width: 640px)');
    const path = (format: string): string => `/journal?${query === '' ? '' : `${query}&`}format=${format}`;
    const list = query === '' ? '/journal' : `/journal?${query}`;
    return (
        <View title="Journal" actions={<><Save label="JSON" path={list} file="journal.json" type="application/json" /><Save label="NDJSON" path={path('ndjson')} file="journal.ndjson" type="application/x-ndjson" /><Save label="HAR" path={path('har')} file="journal.har" type="application/json" /></>}>
            <Filters />
            <Curl line={curlOf('GET', list)} />
            <ProblemBox error={error} />
            {entries.length === 0 && error === undefined && (loading ? <Loading /> : wanted !== ''
                ? <Empty title="No entry matches"><p>What matches from now on appears here. <a href="#/journal">Without filters</a> there may be more.</p></Empty>
                : <Empty title="Nothing went over the wire yet" curl="mockdc device --product-key KEY --product-secret SECRET --device-key 867123045678901"><p>Every frame, connect and request for firmware appears here. A virtual device makes some:</p></Empty>)}
            {entries.length > 0 && <>
                <p class="hint" role="status">{loading ? 'Loading … ' : ''}{plural(entries.length + forgotten, 'entry', 'entries')}, newest last.{forgotten > 0 && ` The newest ${entries.length.toLocaleString('en')} are listed; the files above hold all.`}{dropped > 0 && ` ${plural(dropped, 'older entry', 'older entries')} gave way since the start (--journal-size).`}</p>
                <VirtualList kind="journal" follow forgotten={forgotten} label="Journal" rows={entries} height={phone ? ROW_PHONE_PX : ROW_PX} rowKey={(entry) => entry.id}
                    columns={['At', 'Device', 'Kind', 'Direction', 'What']} row={(entry) => <Row entry={entry} open={setOpen} />}
                    toolbar={(part, jump) => <Position part={part} count={entries.length} jump={jump} />} />
            </>}
            {open !== undefined && <Entry entry={open} close={() => setOpen(undefined)} />}
        </View>
    );
}
