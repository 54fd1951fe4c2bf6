// What a Relay front end writes: compiled against the SDL, never run.
import { graphql } from 'relay-runtime';

graphql`
  query GatewayDeploysQuery($first: Int) {
    ...Gateway_deploys @arguments(first: $first)
  }
`;

graphql`
  fragment Gateway_deploys on Query
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  )
  @refetchable(queryName: "GatewayDeploysPaginationQuery") {
    deploys(first: $first, after: $after, last: $last, before: $before) @connection(key: "Gateway_deploys") {
      totalCount
      edges {
        node {
          id
          ...Gateway_deploy
        }
      }
    }
  }
`;

graphql`
  fragment Gateway_deploy on Deploy @refetchable(queryName: "GatewayDeployRefetchQuery") {
    deployId
    environment
    service {
      name
    }
    regressions {
      id
      ...Gateway_regression
    }
  }
`;

graphql`
  fragment Gateway_regression on Regression {
    regressionId
    status
    changePct
    deploy {
      id
    }
  }
`;

graphql`
  query GatewayScansQuery {
    ...Gateway_scans
  }
`;

graphql`
  fragment Gateway_scans on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" })
  @refetchable(queryName: "GatewayScansPaginationQuery") {
    scans(last: $count, before: $cursor) @connection(key: "Gateway_scans") {
      edges {
        node {
          __typename
          id
          status
          ... on PackageScan {
            verdict
            findings(minSeverity: HIGH) {
              rule
            }
          }
        }
      }
    }
  }
`;

graphql`
  fragment Gateway_viewer on Viewer @refetchable(queryName: "GatewayViewerRefetchQuery") {
    name
    usage {
      used
    }
  }
`;

graphql`
  query GatewayRegressionQuery($id: ID!) {
    viewer {
      ...Gateway_viewer
    }
    node(id: $id) {
      ...Gateway_regression @alias
    }
  }
`;

graphql`
  mutation GatewayAcknowledgeMutation($id: ID!) {
    acknowledgeRegression(regressionId: $id) {
      __typename
      ... on Regression {
        id
        ...Gateway_regression @alias
      }
      ... on Problem {
        code
        message
      }
    }
  }
`;

graphql`
  mutation GatewayRecordMutation($input: RecordDeployInput!) {
    recordDeploy(input: $input) {
      __typename
      ... on Deploy {
        id
        ...Gateway_deploy @alias
      }
      ... on InvalidInput {
        field
        message
      }
    }
  }
`;

graphql`
  subscription GatewayRegressionsSubscription($after: Cursor) {
    regressionUpdates(after: $after) {
      cursor
      previousStatus
      regression {
        id
        ...Gateway_regression
      }
    }
  }
`;
