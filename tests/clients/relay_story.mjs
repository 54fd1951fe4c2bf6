// node relay_story.mjs FOLDER URL KEY REGRESSION: what a front end does with relay-runtime and the artifacts in FOLDER, by
// the global id of a regression; tells what its store shows at each step.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import relay from 'relay-runtime';
import WebSocket from 'ws';

const [, , folder, url, key, regressionId] = process.argv;
const require = createRequire(import.meta.url);
const artifact = (name) => require(join(folder, 'src/artifacts', `${name}.graphql.js`));
const headers = { Authorization: `Bearer ${key}` };
const sockets = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: headers });

async function ask({ text }, variables) {
  const body = JSON.stringify({ query: text, variables });
  const answer = await fetch(url, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body });
  return answer.json();
}

const listen = ({ text }, variables) =>
  relay.Observable.create((sink) => sockets.subscribe({ query: text, variables }, sink));

const store = new relay.Store(new relay.RecordSource());
const environment = new relay.Environment({ network: relay.Network.create(ask, listen), store });

async function load(request, variables) {
  const operation = relay.createOperationDescriptor(request, variables);
  environment.retain(operation);
  await relay.fetchQuery(environment, request, variables).toPromise();
  return environment.lookup(operation.fragment).data;
}

const shown = (fragment, reference) => environment.lookup(relay.getSingularSelector(artifact(fragment), reference)).data;

async function loadMore(direction, fragment, reference, count) {
  const node = artifact(fragment);
  const { paginationRequest, paginationMetadata, connectionPathInFragmentData: path } = relay.getPaginationMetadata(node, fragment);
  const { pageInfo } = relay.getValueAtPath(shown(fragment, reference), path);
  const cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
  const { owner, variables } = relay.getSingularSelector(node, reference);
  const wanted = relay.getPaginationVariables(
    direction, count, cursor, { ...owner.variables, ...variables }, {}, paginationMetadata,
  );
  await load(paginationRequest, wanted);
  return relay.getValueAtPath(shown(fragment, reference), path);
}

const mutate = (name, variables) =>
  new Promise((resolve, reject) => {
    const mutation = artifact(name);
    relay.commitMutation(environment, { mutation, variables, onCompleted: resolve, onError: reject });
  });

const firstOf = (name) =>
  new Promise((resolve, reject) => {
    const subscription = artifact(name);
    const stream = relay.requestSubscription(environment, {
      subscription, variables: {}, onError: reject, onNext: (data) => { stream.dispose(); resolve(data); },
    });
  });

const idsOf = ({ edges }) => edges.map(({ node }) => node.id);
const statusInStore = () => store.getSource().get(regressionId)?.status;
const told = {};

const query = await load(artifact('GatewayDeploysQuery'), { first: 2 });
told.firstPage = idsOf(shown('Gateway_deploys', query).deploys);
const { recordDeploy } = await mutate('GatewayRecordMutation', { input: { service: 'Amazon S3' } });
told.recorded = recordDeploy.id;
told.secondPage = idsOf(await loadMore('forward', 'Gateway_deploys', query, 2));
const whole = await loadMore('forward', 'Gateway_deploys', query, 2);
told.whole = idsOf(whole);
told.hasNext = whole.pageInfo.hasNextPage;
told.withNewest = idsOf(await loadMore('backward', 'Gateway_deploys', query, 2));

const scans = await load(artifact('GatewayScansQuery'), {});
told.scans = shown('Gateway_scans', scans).scans.edges.map(({ node }) => node.__typename);

const { node, viewer } = await load(artifact('GatewayRegressionQuery'), { id: regressionId });
told.regression = shown('Gateway_regression', node.Gateway_regression);
told.viewer = shown('Gateway_viewer', viewer);

const deployId = told.regression.deploy.id;
await load(artifact('GatewayDeployRefetchQuery'), { id: deployId });
told.refetched = store.getSource().get(deployId).__typename;
told.before = statusInStore();
const acknowledge = () => mutate('GatewayAcknowledgeMutation', { id: regressionId });
told.acknowledged = (await acknowledge()).acknowledgeRegression.__typename;
told.after = statusInStore();
told.again = (await acknowledge()).acknowledgeRegression.code;
const { regressionUpdates } = await firstOf('GatewayRegressionsSubscription');
told.pushed = regressionUpdates.regression.id;

await sockets.dispose();
console.log(JSON.stringify(told));
