// The page: header, the view of the present address, and what lies over all views (notices, REST calls, token).
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { calls, setToken, tokenWanted } from './api';
import { ClockView } from './clock';
import { DeviceView, DevicesView } from './devices';
import { connection, start } from './events';
import { FaultFormView } from './fault-form';
import { FaultsView } from './faults';
import { JournalView } from './journal';
import { MonitoringView } from './monitoring';
import { PackageFormView } from './package-form';
import { PackageView } from './package';
import { PackagesView } from './packages';
import { PlanDeviceView } from './plan-device';
import { PlanFormView } from './plan-form';
import { PlansView } from './plans';
import { ProductsView } from './products';
import { place } from './router';
import { Copy, Dialog, Empty, TextField, View, announcement, notices } from './ui';

const SECTIONS: [string, string][] = [['plans', 'Plans'], ['devices', 'Devices'], ['packages', 'Packages'], ['products', 'Products'], ['clock', 'Clock'], ['faults', 'Faults'], ['journal', 'Journal']];

const NotFound = () => <View title="Nothing here"><Empty title="There is no view at this address"><p><a href="#/plans">To the upgrade plans</a></p></Empty></View>;

function Current() {
    const [section = 'plans', first, second, third] = place.value.path;
    const id = Number(first);
    switch (section) {
    case 'plans':
        if (first === undefined) {
            return <PlansView />;
        }
        if (first === 'new') {
            return <PlanFormView key="new" id={undefined} />;
        }
        if (second === 'devices' && third !== undefined) {
            return <PlanDeviceView key={`${id}/${third}`} planId={id} deviceKey={third} />;
        }
        return second === 'edit' ? <PlanFormView key={first} id={id} /> : second === undefined ? <MonitoringView key={first} id={id} /> : <NotFound />;
    case 'devices':
        return first === undefined ? <DevicesView /> : second !== undefined ? <DeviceView key={`${first}/${second}`} productKey={first} deviceKey={second} /> : <NotFound />;
    case 'packages':
        return first === undefined ? <PackagesView /> : first === 'new' ? <PackageFormView /> : <PackageView key={first} id={first} />;
    case 'products':
        return first === undefined ? <ProductsView /> : <NotFound />;
    case 'clock':
        return first === undefined ? <ClockView key={place.value.query.get('product') ?? ''} /> : <NotFound />;
    case 'faults':
        return first === undefined ? <FaultsView /> : first === 'new' && second === undefined ? <FaultFormView /> : <NotFound />;
    case 'journal':
        return first === undefined ? <JournalView /> : <NotFound />;
    default:
        return <NotFound />;
    }
}

const connectionWords = { connecting: 'connecting …', live: 'live', lost: 'connection lost, trying again …', paused: 'paused' } as const;

function RestCalls({ close }: { close: () => void }) {
    return (
        <Dialog drawer title="REST calls of this page" close={close}>
            <p class="hint">What the page changed, as a shell would say it; <a href="/docs">all calls</a>. {calls.value.length === 0 && 'Nothing yet: press a button.'}</p>
            <ul class="calls">
                {calls.value.map((entry) => (
                    <li key={entry.id}><b class={entry.status !== null && (entry.status === 0 || entry.status >= 400) ? 'error' : ''}>{entry.status === null ? '…' : entry.status || 'no answer'}</b> {entry.method} {entry.path} <small>{Math.round(entry.ms)} ms</small>
                        <div class="curl"><code tabIndex={0}>{entry.curl}</code><Copy text={entry.curl} /></div></li>
                ))}
            </ul>
        </Dialog>
    );
}

function Header() {
    const [open, setOpen] = useState(false);
    const section = place.value.path[0] ?? 'plans';
    const state = connection.value;
    const sections = useRef<HTMLElement>(null);
    useEffect(() => { // on a phone they scroll sideways: the present one is seen
        const link = sections.current?.querySelector<HTMLElement>('[aria-current]');
        sections.current?.scrollTo({ left: (link?.offsetLeft ?? 0) - sections.current.offsetLeft - 8 });
    }, [section]);
    return (
        <header class="top">
            <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to the content</a>
            <a class="brand" href="#/plans"><img src="/page/icon.svg" alt="" width="24" height="24" />mockdc</a>
            <nav ref={sections} aria-label="Sections"><ul>{SECTIONS.map(([name, text]) => <li key={name}><a href={`#/${name}`} aria-current={section === name ? 'page' : undefined}>{text}</a></li>)}</ul></nav>
            <span class={`connection ${state}`} role="status"><span class="dot" aria-hidden="true" />{connectionWords[state]}</span>
            <button type="button" class="small" onClick={() => setOpen(true)}>REST calls</button>
            {open && <RestCalls close={() => setOpen(false)} />}
        </header>
    );
}

function TokenQuestion() {
    const [token, setTyped] = useState('');
    return (
        <Dialog title="This server wants a token" close={() => undefined}>
            <form onSubmit={(event) => { event.preventDefault(); setToken(token.trim()); location.reload(); }}>
                <TextField label="API token" type="password" value={token} change={setTyped} hint="What the server was started with (--api-token). It stays in this tab." />
                <div class="row end"><button type="submit" class="primary">Go on</button></div>
            </form>
        </Dialog>
    );
}

function Page() {
    const main = useRef<HTMLElement>(null);
    const path = place.value.path.join('/');
    const first = useRef(true);
    useEffect(() => {
        if (first.current) {
            first.current = false;
            return;
        }
        scrollTo(0, 0);
        main.current?.focus({ preventScroll: true });
    }, [path]);
    return (
        <>
            <Header />
            <main id="main" ref={main} tabIndex={-1}><Current /></main>
            <div class="notices" role="region" aria-label="Notices">{notices.value.map((notice) => <p key={notice.id} class={notice.bad ? 'notice bad' : 'notice'}>{notice.text}</p>)}</div>
            <div class="hidden" aria-live="polite">{announcement.value}</div>
            {tokenWanted.value && <TokenQuestion />}
        </>
    );
}

void start().then(() => {
    const root = document.getElementById('app');
    if (root !== null) {
        root.textContent = '';
        render(<Page />, root);
    }
});
