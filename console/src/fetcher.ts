import { createGraphiQLFetcher, type Fetcher, type FetcherParams, type Observable } from "@graphiql/toolkit";
import { type ExecutionResult, getOperationAST, type OperationDefinitionNode, parse } from "graphql";
import { createClient } from "graphql-ws";

import { rememberSeen } from "./lastSeen";

type Headers = Record<string, unknown>;

const endpoint = new URL("../graphql", window.location.href);
const socketEndpoint = new URL(endpoint);
socketEndpoint.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

const overHttp = createGraphiQLFetcher({ url: endpoint.href, enableIncrementalDelivery: false });

function authorization(headers: Headers = {}): Headers {
  const name = Object.keys(headers).find((header) => header.toLowerCase() === "authorization");
  return name ? { Authorization: headers[name] } : {};
}

const FORBIDDEN = 4403;
const KEY_NEEDED = 'put {"Authorization": "Bearer …"} with a good key under Headers';

/** A plain object and no Error, of which GraphiQL would print the stack. */
function readable(failure: unknown): unknown {
  if (!(failure instanceof CloseEvent)) return failure;
  const cure = failure.code === FORBIDDEN ? `: ${KEY_NEEDED}` : "";
  return { message: `The server closed the socket, ${failure.code} ${failure.reason}${cure}` };
}

interface Reader {
  next(event: ExecutionResult): void;
  error(failure: unknown): void;
  complete(): void;
}

/** An Observable and no async generator: a generator that waits for its next event could not be stopped before it. */
function overSocket(operation: FetcherParams, headers?: Headers) {
  return {
    subscribe({ next, error, complete }: Reader) {
      const client = createClient({ url: socketEndpoint.href, connectionParams: authorization(headers), retryAttempts: 0 });
      const unsubscribe = client.subscribe(operation, {
        next(event) {
          rememberSeen(event.data);
          next(event as ExecutionResult); // as sent: its errors are plain objects, and GraphiQL only prints them
        },
        error: (failure) => error(readable(failure)),
        complete,
      });
      return { unsubscribe };
    },
  };
}

function chosenOperation({ query, operationName }: FetcherParams): OperationDefinitionNode | undefined {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document) ?? undefined;
  } catch {
    return undefined; // the server says what is wrong with it
  }
}

/** Sends queries and mutations over HTTP and subscriptions over a graphql-transport-ws socket of their own. */
export const fetcher: Fetcher = async (params, options) => {
  // Read from the text itself: right after a tab is opened, GraphiQL still names the operation of the one before.
  const chosen = chosenOperation(params);
  const operation = chosen ? { ...params, operationName: chosen.name?.value ?? null } : params;
  if (chosen?.operation === "subscription") return overSocket(operation, options?.headers) as Observable<ExecutionResult>;
  const answer = await overHttp(operation, { ...options, documentAST: undefined });
  if (operation.operationName !== "IntrospectionQuery") rememberSeen(answer);
  return answer;
};
