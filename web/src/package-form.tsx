// A new package: its members and one to five files, dropped or chosen, with the server's own words where it refuses.
import { useRef, useState } from 'preact/hooks';
import { ApiError, BASE, upload } from './api';
import { formatSize, shellWord } from './format';
import { useResource } from './hooks';
import { go, href, place } from './router';
import type { Package, Page, Product } from './types';
import { Curl, Field, ProblemBox, Progress, SelectField, TextField, View, say } from './ui';

interface Members {
    name: string;
    productKey: string;
    componentType: string;
    packageType: string;
    sourceVersions: string;
    targetVersion: string;
    remarks: string;
}

const bodyOf = (members: Members): object => {
    const { sourceVersions, ...rest } = members;
    return members.packageType === 'delta' ? { ...rest, sourceVersions: sourceVersions.split(/[\s,]+/).filter((version) => version !== '') } : rest;
};

function Files({ files, change, error }: { files: File[]; change: (files: File[]) => void; error: (pointer: string) => string | undefined }) {
    const input = useRef<HTMLInputElement>(null);
    const [over, setOver] = useState(false);
    const add = (list: FileList | null | undefined): void => change([...files, ...Array.from(list ?? [])]);
    return (
        <Field label="Firmware files" error={error('/files') ?? error('/file')} hint="1 to 5 files, each at most 100 MiB: .bin .zip .rar .pack .mini_1 .mini_2 .py .tar .tar.gz .s19 .bin_1 .bin_2">
            {(id, described) => (
                <div class={over ? 'drop over' : 'drop'} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
                    onDrop={(event) => { event.preventDefault(); setOver(false); add(event.dataTransfer?.files); }}>
                    <p>Drop files here, or</p>
                    <input ref={input} id={id} type="file" multiple aria-describedby={described} onChange={(event) => { add(event.currentTarget.files); event.currentTarget.value = ''; }} />
                    <ol>{files.map((file, i) => (
                        <li key={`${file.name}${i}`} class="row"><span class="mono">{file.name}</span> {formatSize(file.size)}
                            <button type="button" class="small" aria-label={`Remove ${file.name}`} onClick={() => change(files.filter((_, j) => j !== i))}>✕</button>
                            {error(`/files/${i}`) !== undefined && <span class="error" role="alert">{error(`/files/${i}`)}</span>}</li>
                    ))}</ol>
                </div>
            )}
        </Field>
    );
}

export function PackageFormView() {
    const [members, setMembers] = useState<Members>({ name: '', productKey: place.value.query.get('product') ?? '', componentType: 'mcu', packageType: 'full', sourceVersions: '', targetVersion: '', remarks: '' });
    const [files, setFiles] = useState<File[]>([]);
    const [error, setError] = useState<ApiError | undefined>();
    const [sent, setSent] = useState<number | undefined>();
    const running = useRef<{ abort: () => void } | undefined>(undefined);
    const products = useResource<Page<Product>>('/products?limit=1000', (event) => event.kind === 'product').data?.items ?? [];
    const put = (name: keyof Members) => (value: string): void => setMembers((old) => ({ ...old, [name]: value }));
    const at = (pointer: string): string | undefined => error?.at(pointer);
    const json = JSON.stringify(bodyOf(members));
    const curl = `curl ${location.origin}${BASE}/packages -F ${shellWord(`package=${json};type=application/json`)}${files.map((file) => ` -F ${shellWord(`file=@${file.name}`)}`).join('')}`;
    const send = async (): Promise<void> => {
        const form = new FormData();
        form.append('package', new Blob([json], { type: 'application/json' }));
        files.forEach((file) => form.append('file', file));
        setError(undefined);
        setSent(0);
        const { done, abort } = upload<Package>('/packages', form, curl, (part) => setSent(Math.round(100 * part)));
        running.current = { abort };
        try {
            const made = await done;
            say(`Package ${made.name} is stored`);
            go(href('packages', made.id));
        } catch (problem) {
            setError(problem instanceof ApiError ? problem : undefined);
            setSent(undefined);
        }
    };
    return (
        <View title="New package" crumbs={[['Version packages', '#/packages']]}>
            <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); void send(); }}>
                <ProblemBox error={error} />
                <fieldset><legend>Package</legend>
                    <TextField label="Name" value={members.name} change={put('name')} error={at('/name')} hint="unique in the product" />
                    <SelectField label="Product" value={members.productKey} change={put('productKey')} error={at('/productKey')} options={[['', 'choose …'], ...products.map((item): [string, string] => [item.productKey, `${item.name} (${item.productKey})`])]} />
                    <SelectField label="Component type" value={members.componentType} change={put('componentType')} error={at('/componentType')} options={[['mcu', 'MCU'], ['module', 'module']]} />
                    <SelectField label="Package type" value={members.packageType} change={put('packageType')} error={at('/packageType')} hint="delta: only for the versions it starts from" options={[['full', 'full'], ['delta', 'delta']]} />
                    {members.packageType === 'delta' && <TextField label="Source versions" value={members.sourceVersions} change={put('sourceVersions')} error={at('/sourceVersions')} hint="with commas" />}
                    <TextField label="Target version" value={members.targetVersion} change={put('targetVersion')} error={at('/targetVersion')} hint="what a device reports when it runs it" />
                    <TextField label="Remarks" value={members.remarks} change={put('remarks')} error={at('/remarks')} hint={`${[...members.remarks].length} of 200 characters`} />
                </fieldset>
                <fieldset class="whole"><legend>Files</legend><Files files={files} change={setFiles} error={at} /></fieldset>
                <Curl line={curl} />
                {sent !== undefined && <Progress part={sent} label="Upload" />}
                <div class="row end">
                    {sent === undefined ? <a class="button" href="#/packages">Cancel</a> : <button type="button" onClick={() => running.current?.abort()}>Stop the upload</button>}
                    <button type="submit" class="primary" disabled={sent !== undefined}>Upload</button>
                </div>
            </form>
        </View>
    );
}
