// node audit.mjs URL: the audits of GraphQL over HTTP; tells those that are not ok, and how many are.
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
for (const { id, name, status, reason } of results) {
  if (status !== 'ok') console.log(status, id, name, reason);
}
console.log(`${results.filter(({ status }) => status === 'ok').length} of ${results.length} audits are ok`);
