// node build_contract.mjs openapi.yaml openapi.c
//
// Makes /openapi.json of the contract's source, as one asset in memory (http/page_assets.h). A file that YAML warns of, an
// alias or a key that comes twice ends the build.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { cFile, compressed } from './assets.mjs';

const [source, output] = process.argv.slice(2);
const contract = parseDocument(readFileSync(source, 'utf8'), { strict: true, uniqueKeys: true });
for (const complaint of [...contract.errors, ...contract.warnings]) {
    console.error(`${source}: ${complaint.message}`);
    process.exitCode = 1;
}
if (process.exitCode !== 1) {
    const json = `${JSON.stringify(contract.toJS({ maxAliasCount: 0 }), null, 1)}\n`;
    const assets = [compressed({ name: 'openapi.json', type: 'application/json', bytes: Buffer.from(json) })];
    writeFileSync(output, cFile({ maker: 'web/build_contract.mjs from schema/openapi.yaml', array: 'contract_assets', count: 'contract_asset_count', assets }));
}
