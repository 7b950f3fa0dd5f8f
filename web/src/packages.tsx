// The version packages: list, filter, export.
import { getAll, key } from './api';
import { csvOf, saveFile } from './csv';
import { formatSize } from './format';
import { useLoaded, useResource, useSettled } from './hooks';
import { href, place, setQuery } from './router';
import type { Package, Page, Product } from './types';
import { Empty, Loading, ProblemBox, SelectField, Table, TextField, Time, View } from './ui';
import { plural } from './words';

const MOST_PACKAGES = 5000;

export const packageSize = (item: Package): number => item.files.reduce((sum, file) => sum + file.size, 0);

export const Intact = ({ item }: { item: Package }) => item.files.some((file) => file.damaged) ? <b class="status-failed">damaged</b>
    : item.checkedAt === null ? <span class="none">not checked yet</span> : <span class="status-upgraded">intact</span>;

const exportPackages = (packages: Package[]): void => saveFile('packages.csv', 'text/csv', csvOf(
    ['id', 'name', 'productKey', 'componentType', 'packageType', 'targetVersion', 'sourceVersions', 'files', 'bytes', 'createdAt'],
    packages.map((item) => [item.id, item.name, item.productKey, item.componentType, item.packageType, item.targetVersion, item.sourceVersions.join(' '), item.files.length, packageSize(item), item.createdAt])));

export function PackagesView() {
    const query = place.value.query;
    const q = useSettled(query.get('q') ?? '');
    const product = query.get('product') ?? '';
    const wanted = new URLSearchParams({ ...(q === '' ? {} : { q }), ...(product === '' ? {} : { productKey: product }) }).toString();
    const path = `/packages${wanted === '' ? '' : `?${wanted}`}`;
    const { data, error } = useLoaded(path, (abort) => getAll<Package>(path, MOST_PACKAGES, abort), (event) => event.kind === 'package');
    const products = useResource<Page<Product>>('/products?limit=1000', (event) => event.kind === 'product').data?.items ?? [];
    const packages = data?.items ?? [];
    return (
        <View title="Version packages" actions={<a class="button primary" href="#/packages/new">New package</a>}>
            <div class="toolbar" role="search">
                <TextField label="Search packages" type="search" value={query.get('q') ?? ''} change={(value) => setQuery({ q: value })} placeholder="name" />
                <SelectField label="Product" value={product} change={(value) => setQuery({ product: value })} options={[['', 'all'], ...products.map((item): [string, string] => [item.productKey, `${item.name} (${item.productKey})`])]} />
                <button type="button" disabled={packages.length === 0} onClick={() => exportPackages(packages)}>Export CSV</button>
            </div>
            <ProblemBox error={error} />
            {data === undefined && error === undefined && <Loading />}
            {data !== undefined && packages.length === 0 && (wanted !== '' ? <Empty title="No package matches"><p>Other filters may find more.</p></Empty>
                : <Empty title="No version package yet" curl={`curl ${location.origin}/api/v1/packages -F 'package={"name":"Motor 2.0.0","productKey":"${products[0]?.productKey ?? 'KEY'}","componentType":"mcu","packageType":"full","targetVersion":"2_0_0"};type=application/json' -F file=@motor.bin`}>
                    <p>A package holds the firmware files of one version. <a href="#/packages/new">Upload one</a>, or by the API:</p></Empty>)}
            {packages.length > 0 && (
                <Table caption="Version packages" rows={packages} rowKey={(item) => item.id} columns={[
                    ['Name', (item) => <a class="strong" href={href('packages', item.id)}>{item.name}</a>],
                    ['Product', (item) => <a class="mono" href={`#/devices?product=${key(item.productKey)}`}>{item.productKey}</a>],
                    ['Component', (item) => item.componentType],
                    ['Kind', (item) => item.packageType],
                    ['From', (item) => item.packageType === 'full' ? 'any version' : <span class="mono">{item.sourceVersions.join(', ')}</span>],
                    ['To', (item) => <span class="mono">{item.targetVersion}</span>],
                    ['Files', (item) => `${plural(item.files.length, 'file')}, ${formatSize(packageSize(item))}`],
                    ['State', (item) => <Intact item={item} />],
                    ['Created', (item) => <Time at={item.createdAt} />],
                ]} />
            )}
        </View>
    );
}
