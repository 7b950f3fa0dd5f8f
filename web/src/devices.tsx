// The devices of a product, and one device with what it does now.
import { useEffect, useState } from 'preact/hooks';
import { getAll, key } from './api';
import { Consent } from './consent';
import { csvOf, saveFile } from './csv';
import { type Event, listen, listenToFrames } from './events';
import { useLoaded, useMedia, useResource, useSettled } from './hooks';
import { journalHref } from './journal-words';
import { go, href, place, setQuery } from './router';
import { warningOf, withWarning } from './rows';
import type { Device, LogEntry, Page, Plan, Product } from './types';
import { Action, Definition, Empty, Loading, Missing, Online, ProblemBox, Save, SelectField, Table, TextField, Time, View } from './ui';
import { VirtualList } from './virtual';
import { WarningMark, WarningsCard, warningCount } from './warnings';
import { logKindWords, plural } from './words';

const MOST_DEVICES = 50_000;
const EVENTS_KEPT = 200;

const mcuText = (device: Device): string => Object.entries(device.mcuVersions).map(([component, version]) => `${component} ${version ?? '?'}`).join(', ');

const exportDevices = (devices: Device[]): void => saveFile('devices.csv', 'text/csv', csvOf(
    ['productKey', 'deviceKey', 'online', 'enabled', 'moduleType', 'moduleVersion', 'mcuVersions', 'battery', 'signal', 'flashFree', 'sdkVersion', 'lastSeenAt'],
    devices.map((device) => [device.productKey, device.deviceKey, device.online, device.enabled, device.moduleType, device.moduleVersion, mcuText(device), device.battery, device.signal, device.flashFree, device.sdkVersion, device.lastSeenAt])));

// Rows with what an event told of their device, without asking again.
function patch(devices: Device[], events: Event[]): Device[] {
    const told = new Map(events.filter((event) => event.kind === 'device' && event.planId === null && event.deviceKey !== null).map((event) => [event.deviceKey, event]));
    const warned = events.filter((event) => warningOf(event) !== undefined);
    return told.size === 0 && warned.length === 0 ? devices : devices.map((old) => {
        const device = warned.reduce((seen, event) => (event.deviceKey === seen.deviceKey && event.productKey === seen.productKey ? { ...seen, warnings: withWarning(seen.warnings, warningOf(event) as LogEntry) } : seen), old);
        const event = told.get(device.deviceKey);
        if (event === undefined || event.productKey !== device.productKey || typeof event['online'] !== 'boolean') {
            return device;
        }
        const { online, battery, signal, moduleVersion, mcuVersions, lastSeenAt } = event as unknown as Device;
        return { ...device, online, battery, signal, moduleVersion, mcuVersions, lastSeenAt };
    });
}

function useDevices(product: string, q: string, online: string): { devices: Device[] | undefined; error: ReturnType<typeof useLoaded>['error'] } {
    const query = new URLSearchParams({ ...(q === '' ? {} : { q }), ...(online === '' ? {} : { online }) }).toString();
    const path = `/products/${key(product)}/devices${query === '' ? '' : `?${query}`}`;
    const structural = (event: Event): boolean => event.kind === 'device' && event.productKey === product && event.planId === null
        && (event.what === 'created' || event.what === 'deleted' || (online !== '' && (event.what === 'online' || event.what === 'offline')));
    const loaded = useLoaded(product === '' ? null : path, (abort) => getAll<Device>(path, MOST_DEVICES, abort), structural);
    const [devices, setDevices] = useState<Device[] | undefined>();
    useEffect(() => setDevices(loaded.data?.items), [loaded.data]);
    useEffect(() => listen((events) => setDevices((old) => old && patch(old, events))), []);
    return { devices, error: loaded.error };
}

const ROW_PX = 44;
const ROW_PHONE_PX = 92;

function DeviceRow({ device }: { device: Device }) {
    const address = href('devices', device.productKey, device.deviceKey);
    return (
        <>
            <span role="cell" class="strong mono"><a href={address}>{device.deviceKey}</a> <WarningMark warnings={device.warnings} /></span>
            <span role="cell"><Online online={device.online} />{!device.enabled && <span class="badge off">disabled</span>}</span>
            <span role="cell" class="mono">{device.moduleVersion ?? <span class="none">–</span>}</span>
            <span role="cell" class="mono">{mcuText(device) || <span class="none">–</span>}</span>
            <span role="cell" class="wide">{device.battery === null ? <span class="none">–</span> : `${device.battery} %`}</span>
            <span role="cell" class="wide">{(device.rsrp ?? device.signal) === null ? <span class="none">–</span> : `${device.rsrp ?? device.signal}${device.rsrp === null ? '' : ' dBm'}`}</span>
            <span role="cell" class="wide"><Time at={device.lastSeenAt} /></span>
        </>
    );
}

export function DevicesView() {
    const query = place.value.query;
    const products = useResource<Page<Product>>('/products?limit=1000', (event) => event.kind === 'product');
    const product = query.get('product') ?? products.data?.items[0]?.productKey ?? '';
    const q = useSettled(query.get('q') ?? '');
    const { devices, error } = useDevices(product, q, query.get('online') ?? '');
    const phone = useMedia('(max-width: 640px)');
    if (products.data !== undefined && products.data.items.length === 0) {
        return <View title="Devices"><Empty title="There is no product yet"><p>Devices belong to a product: <a href="#/products">make one first</a>.</p></Empty></View>;
    }
    const filtered = (query.get('q') ?? '') !== '' || query.has('online');
    return (
        <View title="Devices">
            <div class="toolbar" role="search">
                <SelectField label="Product" value={product} change={(value) => setQuery({ product: value })} options={(products.data?.items ?? []).map((item): [string, string] => [item.productKey, `${item.name} (${item.productKey})`])} />
                <TextField label="Search device keys" type="search" value={query.get('q') ?? ''} change={(value) => setQuery({ q: value })} />
                <SelectField label="Link" value={query.get('online') ?? ''} change={(value) => setQuery({ online: value })} options={[['', 'all'], ['true', 'online'], ['false', 'offline']]} />
                <button type="button" disabled={(devices?.length ?? 0) === 0} onClick={() => exportDevices(devices ?? [])}>Export CSV</button>
            </div>
            <ProblemBox error={error ?? products.error} />
            {devices === undefined ? (error === undefined && <Loading />) : devices.length === 0
                ? <Empty title={filtered ? 'No device matches' : 'No device has connected yet'} {...(filtered ? {} : { curl: `mockdc device --product-key ${product} --product-secret SECRET --device-key 867123045678901 --mcu STM32=1_0_0` })}><p>{filtered ? 'Other filters may find more.' : 'Devices appear by themselves when they authenticate. A virtual one:'}</p></Empty>
                : <><p class="hint">{plural(devices.length, 'device')}, {devices.filter((device) => device.online).length.toLocaleString('en')} online</p>
                    <VirtualList kind="devices" label="Devices" rows={devices} height={phone ? ROW_PHONE_PX : ROW_PX} rowKey={(device) => device.deviceKey}
                        columns={['Device key', 'Link', 'Module version', 'MCU versions', 'Battery', 'Signal', 'Last seen']} row={(device) => <DeviceRow device={device} />} /></>}
        </View>
    );
}

// What the stream says of one device since the view was opened, newest first.
function useHappened(productKey: string, deviceKey: string): Event[] {
    const [happened, setHappened] = useState<Event[]>([]);
    useEffect(() => {
        setHappened([]);
        return listen((events) => {
            const mine = events.filter((event) => event.deviceKey === deviceKey && event.productKey === productKey && event.what !== 'progress');
            if (mine.length > 0) {
                setHappened((old) => [...mine.reverse(), ...old].slice(0, EVENTS_KEPT));
            }
        });
    }, [productKey, deviceKey]);
    return happened;
}

const exportEvents = (name: string, events: Event[]): void => saveFile(name, 'application/x-ndjson', events.map((event) => `${JSON.stringify(event)}\n`).join(''));

// Its frames, decoded, while the view is open: newest first.
function Frames({ productKey, deviceKey }: { productKey: string; deviceKey: string }) {
    const [frames, setFrames] = useState<Event[]>([]);
    useEffect(() => listenToFrames(productKey, deviceKey, (event) => setFrames((old) => [event, ...old].slice(0, EVENTS_KEPT))), [productKey, deviceKey]);
    return (
        <section class="card" aria-labelledby="frames">
            <div class="row title"><h2 id="frames">Frames</h2><div class="row actions"><a class="button" href={journalHref({ productKey, deviceKey })}>Journal</a>
                <Save label="HAR" path={`/journal?productKey=${key(productKey)}&deviceKey=${key(deviceKey)}&format=har`} file={`device-${deviceKey}.har`} type="application/json" />
                <button type="button" disabled={frames.length === 0} onClick={() => exportEvents(`frames-${deviceKey}.ndjson`, frames)}>Export frames</button></div></div>
            {frames.length === 0 ? <p class="none">What goes over its link from now on appears here, decoded; what went before is in the journal.</p>
                : <Table caption="Frames since this view was opened" rows={frames.map((event, i) => ({ event, i: frames.length - i }))} rowKey={({ i }) => i} columns={[
                    ['At', ({ event }) => <Time at={event.at} />],
                    ['Direction', ({ event }) => event.what === 'received' ? '→ from the device' : '← to the device'],
                    ['Command', ({ event }) => <span class="mono strong">{String(event['command'])}</span>],
                    ['Package', ({ event }) => String(event['packageId'])],
                    ['Bytes', ({ event }) => String(event['length'])],
                    ['Content (id: value)', ({ event }) => <span class="mono">{String(event['text'])}</span>],
                ]} />}
        </section>
    );
}

function eventText(event: Event): string {
    if (event.kind === 'log') {
        const entry = event['entry'] as { kind: keyof typeof logKindWords; componentNo: string | null; detail: string | null };
        return `${logKindWords[entry.kind]}${entry.componentNo === null ? '' : ` (${entry.componentNo})`}${entry.detail ? `: ${entry.detail}` : ''}`;
    }
    if (event.what === 'upgrade') {
        return `status ${String(event['status'])}${event['reason'] === null ? '' : `, ${String(event['reason'])}`}`;
    }
    return event.what;
}

function Link({ device }: { device: Device }) {
    const modes: Record<Device['authMode'], string> = { none: 'never connected', type0: 'product secret (first connect)', type1: 'device secret' };
    return (
        <Definition items={[
            ['Link', <Online online={device.online} />],
            ['Authenticated by', modes[device.authMode]],
            ['Session', device.sessionEncrypted ? 'encrypted' : 'plain'],
            ['First seen', <Time at={device.firstSeenAt} />],
            ['Last seen', <Time at={device.lastSeenAt} />],
            ['Frames dropped as malformed', device.malformedFrames],
            ['Breaches of the protocol', device.warnings.length === 0 ? 'none since the server started' : plural(warningCount(device.warnings), 'warning')],
        ]} />
    );
}

function Reported({ device }: { device: Device }) {
    const value = (number: number | null, unit = ''): string | null => (number === null ? null : `${number}${unit}`);
    return (
        <Definition items={[
            ['Module', device.moduleType], ['Module version', device.moduleVersion], ['MCU versions', mcuText(device) || null],
            ['SDK', device.sdkVersion], ['Battery', value(device.battery, ' %')], ['Voltage', value(device.voltage, ' V')],
            ['Signal', value(device.signal)], ['RSRP', value(device.rsrp, ' dBm')], ['RSRQ', value(device.rsrq)], ['SNR', value(device.snr)],
            ['Free flash', value(device.flashFree)],
        ]} />
    );
}

export function DeviceView({ productKey, deviceKey }: { productKey: string; deviceKey: string }) {
    const path = `/products/${key(productKey)}/devices/${key(deviceKey)}`;
    const { data: device, error } = useResource<Device>(path, (event) => event.deviceKey === deviceKey && event.productKey === productKey && event.what !== 'progress' && (event.kind === 'device' || event.kind === 'log'));
    const plan = useResource<Plan>(device?.activePlanId == null ? null : `/plans/${device.activePlanId}`, () => false).data;
    const happened = useHappened(productKey, deviceKey);
    if (device === undefined) {
        return <Missing error={error} what="device" back="#/devices" />;
    }
    return (
        <View title={deviceKey} crumbs={[['Devices', `#/devices?product=${key(productKey)}`]]} actions={<>
            <a class="button" href={`#/faults/new?productKey=${key(productKey)}&deviceKey=${key(deviceKey)}`}>Arm a fault for this device</a>
            <Action label="Disconnect" disabled={!device.online} wanted={{ method: 'POST', path: `${path}/disconnect` }} said="Its link is cut" />
            <Action label={device.enabled ? 'Disable' : 'Enable'} wanted={{ method: 'PUT', path: `${path}/enabled`, body: { enabled: !device.enabled } }} />
            <Action label="Delete" kind="danger" wanted={{ method: 'DELETE', path }} done={() => go(`#/devices?product=${key(productKey)}`)} ask={<p>Everything that is known of <b>{deviceKey}</b> is deleted. It comes back as a new device when it connects.</p>} />
        </>}>
            <p class="lead"><Online online={device.online} />{!device.enabled && <span class="badge off">disabled</span>} product <span class="mono">{productKey}</span>{plan !== undefined && <> · upgrades in <a href={href('plans', plan.id, 'devices', deviceKey)}>{plan.name}</a></>}</p>
            <Consent productKey={productKey} deviceKey={deviceKey} />
            <div class="grid">
                <section class="card" aria-labelledby="link"><h2 id="link">Link</h2><Link device={device} /></section>
                <section class="card" aria-labelledby="reported"><h2 id="reported">Reported</h2><Reported device={device} /></section>
            </div>
            <WarningsCard warnings={device.warnings} journal={{ productKey, deviceKey }} />
            <Frames productKey={productKey} deviceKey={deviceKey} />
            <section class="card" aria-labelledby="happened">
                <div class="row title"><h2 id="happened">Live</h2><button type="button" disabled={happened.length === 0} onClick={() => exportEvents(`events-${deviceKey}.ndjson`, happened)}>Export events</button></div>
                {happened.length === 0 ? <p class="none">What happens with the device from now on appears here.</p>
                    : <Table caption="What happened since this view was opened" rows={happened.map((event, i) => ({ event, i: happened.length - i }))} rowKey={({ i }) => i} columns={[
                        ['At', ({ event }) => <Time at={event.at} />],
                        ['Kind', ({ event }) => event.kind],
                        ['Plan', ({ event }) => event.planId === null ? <span class="none">–</span> : <a href={href('plans', event.planId, 'devices', deviceKey)}>{event.planId}</a>],
                        ['What', ({ event }) => eventText(event)],
                    ]} />}
            </section>
        </View>
    );
}
