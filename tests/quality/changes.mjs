// What one schema changes of another. Exit status 1 if a change breaks clients
// and is not in the list of those that are meant.
//
//   node changes.mjs old.graphql new.graphql [accepted.txt]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const [before, after, list = join(import.meta.dirname, 'accepted.txt')] = process.argv.slice(2);
const read = (path) => readFileSync(path, 'utf8');

// Each accepted change by its text; without a reason it is not accepted.
const accepted = new Map();
for (const line of read(list).split('\n')) {
  if (line.trim() === '' || line.startsWith('#')) continue;
  const at = line.lastIndexOf(' # ');
  const reason = at < 0 ? '' : line.slice(at + 3).trim();
  if (reason === '') throw new Error(`${list}: "${line}" needs " # " and a reason behind it`);
  accepted.set(line.slice(0, at).trim(), reason);
}

const names = { BREAKING: 'breaking', DANGEROUS: 'dangerous', NON_BREAKING: 'safe' };
const changes = await diff(buildSchema(read(before)), buildSchema(read(after)));
let breaking = 0;
for (const level of Object.keys(names)) {
  for (const { message, criticality } of changes.filter((change) => change.criticality.level === level)) {
    const reason = level === 'BREAKING' && accepted.get(message);
    breaking += level === 'BREAKING' && !reason;
    console.log(`${reason ? 'accepted' : names[level]}: ${message}`);
    if (reason) console.log(`  because: ${reason}`);
    else if (criticality.reason) console.log(`  ${criticality.reason}`);
  }
}
console.log(`${changes.length} changes, ${breaking} of them break clients`);
if (breaking > 0) {
  console.log('Undo them; or, if they are meant, add their lines with a reason to tests/quality/accepted.txt.');
  process.exitCode = 1;
}
