// What graphql-js says of documents: `node verdicts.mjs SCHEMA DOCUMENTS`, where
// DOCUMENTS is a JSON list of { query, variables }. Prints a JSON list: "ok",
// "syntax", "invalid", or "variables" where the variables do not fit.

import { readFileSync } from 'node:fs';
import { buildSchema, getVariableValues, Kind, parse, validate } from 'graphql';

const [schemaFile, documentsFile] = process.argv.slice(2);
const schema = buildSchema(readFileSync(schemaFile, 'utf8'));

function verdict({ query, variables }) {
  let document;
  try {
    document = parse(query);
  } catch {
    return 'syntax';
  }
  if (validate(schema, document).length > 0) return 'invalid';
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (operations.length !== 1) return 'ok';
  const { errors } = getVariableValues(schema, operations[0].variableDefinitions ?? [], variables ?? {});
  return errors ? 'variables' : 'ok';
}

const documents = JSON.parse(readFileSync(documentsFile, 'utf8'));
console.log(JSON.stringify(documents.map(verdict)));
