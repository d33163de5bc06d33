// The audits of graphql-http: does the endpoint keep to the specification of
// GraphQL over HTTP? Recommendations and options count like requirements.
//
//   TOKEN=... node audit.mjs http://127.0.0.1:8080/graphql

import './patience.mjs';
import { serverAudits } from 'graphql-http';

const authorization = `Bearer ${process.env.TOKEN}`;
const fetchFn = (url, init) => fetch(url, { ...init, headers: { ...init?.headers, authorization } });
const audits = serverAudits({ url: process.argv[2], fetchFn });

let ok = 0;
for (const { id, name, fn } of audits) {
  // An audit throws where it cannot even read the answer.
  const result = await fn().catch((error) => ({ status: 'fatal', reason: `${error}` }));
  console.log(result.status, id, name, result.reason ?? '');
  ok += result.status === 'ok';
}
console.log(`${ok} of ${audits.length} ok`);
process.exitCode = ok === audits.length ? 0 : 1;
