// node graphql_sse.mjs URL KEY MODE ARN: the reference client of GraphQL over SSE, in the mode "single" or "distinct":
// a query, a wrong query, a stream that is left after its first event, and one up to its end, all by one client.
import { createClient } from 'graphql-sse';

const [, , url, key, mode, arn] = process.argv;
const client = createClient({
  url,
  singleConnection: mode === 'single',
  headers: { Authorization: `Bearer ${key}` },
  retryAttempts: 0,
});

async function all(query, variables, most = Infinity) {
  const told = [];
  try {
    for await (const result of client.iterate({ query, variables })) {
      if (told.push(result) >= most) break;
    }
  } catch (failure) {
    told.push({ failure: failure.message });
  }
  return told;
}

const status = 'subscription($arn: String!) { executionStatus(arn: $arn) { execution { status } } }';
const [whole, query, wrong, left] = await Promise.all([
  all(status, { arn }),
  all('{ viewer { id } }'),
  all('{ nothing }'),
  all('subscription { executionUpdates { execution { status } } }', {}, 1),
]);
client.dispose();
console.log(JSON.stringify({ whole, query, wrong, left }));
