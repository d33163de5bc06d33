// Compiles the contracts beside it and writes the code that the sandbox deploys:
//   npm ci && node build.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import solc from 'solc';

const names = ['Batch', 'Token'];
const read = (name) => ({ content: readFileSync(new URL(`${name}.sol`, import.meta.url), 'utf8') });
const input = {
  language: 'Solidity',
  sources: Object.fromEntries(names.map((name) => [`${name}.sol`, read(name)])),
  settings: {
    evmVersion: 'cancun',
    optimizer: { enabled: true, runs: 200 },
    metadata: { appendCBOR: false },
    outputSelection: { '*': { '*': ['evm.deployedBytecode.object'] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
for (const error of output.errors ?? []) console.error(error.formattedMessage);
for (const name of names) {
  const code = output.contracts[`${name}.sol`][name].evm.deployedBytecode.object;
  writeFileSync(new URL(`${name}.hex`, import.meta.url), `${code}\n`);
}
