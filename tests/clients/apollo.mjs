// node apollo.mjs URL ARN: what Apollo Client makes of the gateway, as lines of JSON; ARN is of a running execution.
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const [url, arn] = process.argv.slice(2);
const tell = (what, told) => console.log(JSON.stringify({ what, told }));
const sent = [];
const fetchAndNote = (input, options) => {
  sent.push(`${options.method}${String(options.body ?? input).includes('viewer') ? ' with the text' : ''}`);
  return fetch(input, options);
};
const http = new HttpLink({ uri: url, fetch: fetchAndNote });
const client = (link, incrementalHandler) => new ApolloClient({ link, cache: new InMemoryCache(), incrementalHandler });

const states = (observable) =>
  new Promise((resolve, reject) => {
    const seen = [];
    observable.subscribe({
      next: ({ data, error, dataState }) => {
        if (error) reject(error);
        if (data) seen.push(data);
        if (dataState === 'complete') resolve(seen);
      },
      error: reject,
    });
  });

const DEFERRED = gql`{ viewer { id ... @defer(label: "later") { usage { used } } } }`;
for (const [what, handler] of [['deferSpec', Defer20220824Handler], ['incrementalSpec', GraphQL17Alpha9Handler]]) {
  tell(what, await states(client(http, new handler()).watchQuery({ query: DEFERRED })));
}

const STATUS = gql`subscription ($arn: String!) { executionStatus(arn: $arn) { execution { status } } }`;
await new Promise((resolve, reject) => {
  const seen = [];
  client(http).subscribe({ query: STATUS, variables: { arn } }).subscribe({
    next: ({ data, error }) => {
      if (error) reject(error);
      seen.push(data.executionStatus.execution.status);
    },
    complete: () => {
      tell('subscription', seen);
      resolve();
    },
    error: reject,
  });
});

sent.length = 0;
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const persisted = ApolloLink.from([new PersistedQueryLink({ sha256, useGETForHashedQueries: true }), http]);
const VIEWER = gql`{ viewer { name } }`;
for (let time = 0; time < 2; time += 1) {
  const { data } = await client(persisted).query({ query: VIEWER, fetchPolicy: 'no-cache' });
  tell('persisted', { data, sent: sent.splice(0) });
}
