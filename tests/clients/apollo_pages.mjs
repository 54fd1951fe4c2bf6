// node apollo_pages.mjs URL KEY: what Apollo Client's cache makes of a connection that is paged both ways while rows come in.
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

const [url, key] = process.argv.slice(2);
const cache = new InMemoryCache({ typePolicies: { Query: { fields: { deploys: relayStylePagination(['service']) } } } });
const link = new HttpLink({ uri: url, headers: { Authorization: `Bearer ${key}` } });
const client = new ApolloClient({ link, cache });

const DEPLOYS = gql`
  query ($first: Int, $after: String, $last: Int, $before: String) {
    deploys(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;
const RECORD = gql`mutation { recordDeploy(input: { service: "Amazon S3" }) { ... on Deploy { id } } }`;

const watched = client.watchQuery({ query: DEPLOYS, variables: { first: 2 } });
watched.subscribe(() => {});
const present = () => cache.readQuery({ query: DEPLOYS }).deploys;
const ids = () => present().edges.map(({ node }) => node.id);
const told = {};

await client.query({ query: DEPLOYS, variables: { first: 2 } });
told.firstPage = ids();
told.recorded = (await client.mutate({ mutation: RECORD })).data.recordDeploy.id;
for (let pages = 1; present().pageInfo.hasNextPage && pages < 9; pages += 1) {
  await watched.fetchMore({ variables: { first: 2, after: present().pageInfo.endCursor } });
}
told.whole = ids();
await watched.fetchMore({ variables: { first: null, last: 2, before: present().pageInfo.startCursor } });
told.withNewest = ids();
told.kept = Object.keys(cache.extract()).filter((name) => name.startsWith('Deploy:'));
client.stop();
console.log(JSON.stringify(told));
