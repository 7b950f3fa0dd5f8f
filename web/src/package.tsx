// One package: its files, whether they are intact, and its verifications on single devices.
import { useState } from 'preact/hooks';
import { ApiError, call, curlOf, key } from './api';
import { csvOf, saveFile } from './csv';
import { formatSize } from './format';
import { useResource } from './hooks';
import { LogTable } from './plan-device';
import { Intact, packageSize } from './packages';
import { go } from './router';
import type { Device, Package, PackageCheck, Page, Verification } from './types';
import { Action, Copy, Curl, Definition, Missing, ProblemBox, Table, TextField, Time, View, say } from './ui';
import { reasonWords } from './words';

function NewVerification({ item, done }: { item: Package; done: () => void }) {
    const [deviceKey, setDevice] = useState('');
    const [componentNo, setComponent] = useState('');
    const [error, setError] = useState<ApiError | undefined>();
    const devices = useResource<Page<Device>>(`/products/${key(item.productKey)}/devices?online=true&limit=200`, (event) => event.kind === 'device' && (event.what === 'online' || event.what === 'offline')).data?.items ?? [];
    const chosen = devices.find((device) => device.deviceKey === deviceKey);
    const path = `/packages/${item.id}/verifications`;
    const body = { productKey: item.productKey, deviceKey, componentNo };
    const start = async (): Promise<void> => {
        try {
            await call('POST', path, body);
            setError(undefined);
            say(`Verification on ${deviceKey} has begun`);
            done();
        } catch (problem) {
            setError(problem instanceof ApiError ? problem : undefined);
        }
    };
    return (
        <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); void start(); }}>
            <div class="toolbar">
                <TextField label="Device" value={deviceKey} change={setDevice} list="online-devices" error={error?.at('/deviceKey')} hint={devices.length === 0 ? 'no device of the product is online' : 'one that is online'} />
                <datalist id="online-devices">{devices.map((device) => <option key={device.deviceKey} value={device.deviceKey} />)}</datalist>
                <TextField label="Component" value={componentNo} change={setComponent} list="its-components" error={error?.at('/componentNo')} hint="as the device reports it" />
                <datalist id="its-components">{Object.keys(chosen?.mcuVersions ?? {}).map((component) => <option key={component} value={component} />)}</datalist>
                <button type="submit" class="primary">Verify</button>
            </div>
            <ProblemBox error={error} />
            <Curl line={curlOf('POST', path, body)} />
        </form>
    );
}

function VerificationLog({ packageId, id }: { packageId: number; id: number }) {
    const { data } = useResource<Verification>(`/packages/${packageId}/verifications/${id}`, (event) => event['verificationId'] === id);
    return data === undefined ? null : <LogTable log={data.log} />;
}

const exportVerifications = (rows: Verification[]): void => saveFile('verifications.csv', 'text/csv', csvOf(['id', 'deviceKey', 'componentNo', 'status', 'reason', 'createdAt', 'endedAt'],
    rows.map((row) => [row.id, row.deviceKey, row.componentNo, row.status, row.reason, row.createdAt, row.endedAt])));

function Verifications({ item }: { item: Package }) {
    const { data, reload } = useResource<Page<Verification>>(`/packages/${item.id}/verifications`, (event) => event.what === 'verification');
    const [open, setOpen] = useState<number | undefined>();
    const rows = data?.items ?? [];
    return (
        <section class="card" aria-labelledby="verifications">
            <div class="row title"><h2 id="verifications">Verification</h2><button type="button" disabled={rows.length === 0} onClick={() => exportVerifications(rows)}>Export CSV</button></div>
            <p class="hint">Runs this package on one device, outside any plan.</p>
            <NewVerification item={item} done={reload} />
            {rows.length > 0 && (
                <Table caption="Verifications" rows={rows} rowKey={(row) => row.id} columns={[
                    ['Device', (row) => <span class="mono">{row.deviceKey}</span>],
                    ['Component', (row) => <span class="mono">{row.componentNo}</span>],
                    ['Status', (row) => <b class={row.status === 'failed' ? 'status-failed' : row.status === 'succeeded' ? 'status-upgraded' : 'status-inUpgrade'}>{row.status}</b>],
                    ['Reason', (row) => row.reason === null ? <span class="none">–</span> : reasonWords[row.reason]],
                    ['Begun', (row) => <Time at={row.createdAt} />],
                    ['Ended', (row) => <Time at={row.endedAt} />],
                    ['Log', (row) => <button type="button" class="small" aria-expanded={open === row.id} aria-label={`Log of verification ${row.id}`} onClick={() => setOpen(open === row.id ? undefined : row.id)}>Log</button>],
                ]} />
            )}
            {open !== undefined && <VerificationLog packageId={item.id} id={open} />}
        </section>
    );
}

const Digest = ({ value }: { value: string }) => <span class="row"><code>{value.length > 20 ? `${value.slice(0, 12)}…` : value}</code><Copy text={value} /></span>;

export function PackageView({ id }: { id: string }) {
    const { data: item, error, reload } = useResource<Package>(`/packages/${key(id)}`, (event) => event.kind === 'package' && event['packageId'] === Number(id));
    const [checked, setChecked] = useState<PackageCheck | undefined>();
    if (item === undefined) {
        return <Missing error={error} what="package" back="#/packages" />;
    }
    return (
        <View title={item.name} crumbs={[['Version packages', '#/packages']]} actions={<>
            <Action label="Check files" wanted={{ method: 'POST', path: `/packages/${item.id}/check` }} said="The stored files were read again" done={(answer) => { setChecked(answer as PackageCheck); reload(); }} />
            <Action label="Delete" kind="danger" wanted={{ method: 'DELETE', path: `/packages/${item.id}` }} done={() => go('#/packages')} ask={<p><b>{item.name}</b> and its files are deleted.</p>} />
        </>}>
            <section class="card" aria-labelledby="facts"><h2 id="facts">Package</h2>
                <Definition items={[
                    ['Product', <span class="mono">{item.productKey}</span>], ['Component type', item.componentType], ['Package type', item.packageType],
                    ['From', item.packageType === 'full' ? 'any version' : item.sourceVersions.join(', ')], ['To', <span class="mono">{item.targetVersion}</span>],
                    ['Size', formatSize(packageSize(item))], ['State', <Intact item={item} />], ['Checked', <Time at={item.checkedAt} />],
                    ['Created', <Time at={item.createdAt} />], ['Remarks', item.remarks === '' ? null : item.remarks],
                ]} />
                {checked !== undefined && <p role="status" class={checked.intact ? 'status-upgraded' : 'status-failed'}>{checked.intact ? 'All files are as they were uploaded.' : checked.files.filter((file) => !file.intact).map((file) => `${file.name}: ${file.detail ?? 'damaged'}`).join('; ')}</p>}
            </section>
            <section aria-labelledby="files"><h2 id="files">Files</h2>
                <Table caption="Files of the package" rows={item.files} rowKey={(file) => file.index} columns={[
                    ['File', (file) => <span class="mono">{file.name}</span>],
                    ['Size', (file) => `${formatSize(file.size)} (${file.size.toLocaleString('en')})`],
                    ['MD5', (file) => <Digest value={file.md5} />],
                    ['SHA-256', (file) => <Digest value={file.sha256} />],
                    ['CRC-32', (file) => <Digest value={file.crc32} />],
                    ['State', (file) => file.damaged ? <b class="status-failed">damaged</b> : 'as uploaded'],
                ]} />
            </section>
            <Verifications item={item} />
        </View>
    );
}
