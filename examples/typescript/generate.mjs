// Writes src/generated.ts: the types of what operations.graphql asks, as the
// schema has them, and the operations themselves.

import { readFile, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import * as documents from '@graphql-codegen/typed-document-node';
import * as types from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';

const read = async (path) => parse(await readFile(new URL(path, import.meta.url), 'utf8'));

const location = 'src/operations.graphql';
const config = {
  // A scalar that is not listed here is a mistake, not an `any`.
  strictScalars: true,
  // Money stays exact as long as nobody makes a floating-point number of it.
  scalars: { ID: 'string', Decimal: 'string', DateTime: 'string' },
  // Operations are sent as they are written; nothing has to parse them again.
  documentMode: 'string',
  useTypeImports: true,
};

const generated = await codegen({
  filename: 'src/generated.ts',
  schema: await read('../../schema.graphql'),
  documents: [{ location, document: await read(location) }],
  plugins: [{ types: {} }, { documents: {} }],
  pluginMap: { types, documents },
  config,
});
await writeFile(new URL('src/generated.ts', import.meta.url), generated);
