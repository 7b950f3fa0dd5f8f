// Products: their keys, what to set in a device, a new one.
import { useState } from 'preact/hooks';
import { ApiError, call, curlOf, key } from './api';
import { csvOf, saveFile } from './csv';
import { useResource } from './hooks';
import { journalHref } from './journal-words';
import type { Page, Product, ResetCounts, Server } from './types';
import { Action, Copy, Curl, Definition, Dialog, Empty, Loading, ProblemBox, Save, Table, TextField, Time, View, say } from './ui';
import { plural } from './words';

function Secret({ value, of }: { value: string; of: string }) {
    const [shown, setShown] = useState(false);
    return (
        <span class="row">
            <code>{shown ? value : '••••••••'}</code>
            <button type="button" class="small" aria-label={`${shown ? 'Hide' : 'Show'} the secret of ${of}`} onClick={() => setShown(!shown)}>{shown ? 'Hide' : 'Show'}</button>
            {shown && <Copy text={value} label="Copy" />}
        </span>
    );
}

function NewProduct({ close }: { close: () => void }) {
    const [name, setName] = useState('');
    const [productKey, setKey] = useState('');
    const [productSecret, setSecret] = useState('');
    const [error, setError] = useState<ApiError | undefined>();
    const body = { name, ...(productKey === '' ? {} : { productKey }), ...(productSecret === '' ? {} : { productSecret }) };
    const create = async (): Promise<void> => {
        try {
            const made = await call<Product>('POST', '/products', body);
            say(`Product ${made.productKey} created`);
            close();
        } catch (problem) {
            setError(problem instanceof ApiError ? problem : undefined);
        }
    };
    return (
        <Dialog title="New product" close={close}>
            <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); void create(); }}>
                <ProblemBox error={error} />
                <TextField label="Name" value={name} change={setName} error={error?.at('/name')} />
                <TextField label="Product key" value={productKey} change={setKey} error={error?.at('/productKey')} hint="letters and digits; empty: the server makes one" />
                <TextField label="Product secret" value={productSecret} change={setSecret} error={error?.at('/productSecret')} hint="empty: the server makes one" />
                <Curl line={curlOf('POST', '/products', body)} />
                <div class="row end"><button type="button" onClick={close}>Cancel</button><button type="submit" class="primary">Create</button></div>
            </form>
        </Dialog>
    );
}

function InTheDevice() {
    const server = useResource<Server>('/server', () => false).data;
    return server === undefined ? null : (
        <section class="card" aria-labelledby="in-the-device">
            <h2 id="in-the-device">What to set in a device</h2>
            <p class="hint">Its own QuecThing SDK connects when it has these; nothing else in it changes.</p>
            <Definition items={[
                ['MQTT server', server.mqtt === null ? 'not open yet' : <span class="row"><code>{server.mqtt}</code><Copy text={server.mqtt} /></span>],
                ['Product key and secret', 'of the product below'],
                ['Firmware', <code>{server.http}/firmware/…</code>],
            ]} />
        </section>
    );
}

const exportProducts = (products: Product[]): void => saveFile('products.csv', 'text/csv', csvOf(['productKey', 'name', 'createdAt'], products.map((product) => [product.productKey, product.name, product.createdAt])));

const resetText = (productKey: string, gone: ResetCounts): string => `Product ${productKey} is as new: ${plural(gone.devices, 'device')}, ${plural(gone.packages, 'package')}, ${plural(gone.plans, 'plan')}, ${plural(gone.faults, 'fault')} and ${plural(gone.journalEntries, 'entry', 'entries')} of the journal went`;

export function ProductsView() {
    const [creating, setCreating] = useState(false);
    const { data, error } = useResource<Page<Product>>('/products?limit=1000', (event) => event.kind === 'product');
    const products = data?.items ?? [];
    return (
        <View title="Products" actions={<>
            <button type="button" disabled={products.length === 0} onClick={() => exportProducts(products)}>Export CSV</button>
            <button type="button" class="primary" onClick={() => setCreating(true)}>New product</button>
        </>}>
            <InTheDevice />
            <ProblemBox error={error} />
            {data === undefined && error === undefined && <Loading />}
            {data !== undefined && products.length === 0 && <Empty title="No product yet" curl={curlOf('POST', '/products', { name: 'My product' })}><p>A product gives its devices the keys by which they connect.</p></Empty>}
            {products.length > 0 && (
                <Table caption="Products" rows={products} rowKey={(product) => product.productKey} columns={[
                    ['Name', (product) => <span class="strong">{product.name}</span>],
                    ['Product key', (product) => <span class="row"><code>{product.productKey}</code><Copy text={product.productKey} /></span>],
                    ['Product secret', (product) => <Secret value={product.productSecret} of={product.productKey} />],
                    ['Created', (product) => <Time at={product.createdAt} />],
                    ['More', (product) => <span class="row"><a href={`#/devices?product=${key(product.productKey)}`}>Devices</a><a href={`#/clock?product=${key(product.productKey)}`}>Clock</a>
                        <a href={journalHref({ productKey: product.productKey })}>Journal</a><a href={`#/faults?productKey=${key(product.productKey)}`}>Faults</a>
                        <Save label="Export" name={`Export ${product.productKey}`} path={`/export?productKey=${key(product.productKey)}`} file={`product-${product.productKey}.json`} type="application/json" />
                        <Action label="Reset" name={`Reset ${product.productKey}`} kind="danger" wanted={{ method: 'POST', path: `/products/${key(product.productKey)}/reset` }} said={(answer) => resetText(product.productKey, answer as ResetCounts)}
                            ask={<p><b>{product.name}</b> keeps its name and its keys. All else of it goes: devices (their links are cut), packages, plans with their logs, verifications, faults, its entries of the journal, its own clock.</p>} />
                        <Action label="Delete" kind="danger" wanted={{ method: 'DELETE', path: `/products/${key(product.productKey)}` }} said={`Product ${product.productKey} deleted`}
                            ask={<p><b>{product.name}</b> goes with all its devices, packages and plans, and their logs.</p>} /></span>],
                ]} />
            )}
            {creating && <NewProduct close={() => setCreating(false)} />}
        </View>
    );
}
