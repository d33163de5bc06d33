// Writes src/generated.ts: the operations of operations.graphql and their types.
// The schema comes from the gateway at GATEWAY_URL; without that, from the
// repository that this example belongs to.

import { readFile, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import * as documents from '@graphql-codegen/typed-document-node';
import * as types from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';

const read = async (path) => parse(await readFile(new URL(path, import.meta.url), 'utf8'));

/** Downloads the schema. The token is needed only where introspection is restricted. */
async function download(gateway, token) {
  const url = `${gateway.replace(/\/*$/, '')}/schema.graphql`;
  const response = await fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  if (!response.ok) throw new Error(`${url} returned status ${response.status}`);
  return parse(await response.text());
}

/** The schema of the repository, which is there unless this folder was copied. */
const local = () =>
  read('../../schema.graphql').catch(() => {
    console.error('Set GATEWAY_URL: the schema comes from a running gateway');
    process.exit(1);
  });

const { GATEWAY_URL, TOKEN } = process.env;
const schema = GATEWAY_URL ? await download(GATEWAY_URL, TOKEN) : await local();

const location = 'src/operations.graphql';
const config = {
  // A scalar that is not listed here is an error, not an `any`.
  strictScalars: true,
  // Amounts are strings: a floating-point number would not be exact.
  scalars: { ID: 'string', Decimal: 'string', DateTime: 'string' },
  // Operations are sent as text; nothing parses them at run time.
  documentMode: 'string',
  useTypeImports: true,
};

const generated = await codegen({
  filename: 'src/generated.ts',
  schema,
  documents: [{ location, document: await read(location) }],
  plugins: [{ types: {} }, { documents: {} }],
  pluginMap: { types, documents },
  config,
});
await writeFile(new URL('src/generated.ts', import.meta.url), generated);
