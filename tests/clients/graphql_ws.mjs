// node graphql_ws.mjs URL KEY ARN: the reference client of graphql-transport-ws: many operations on one socket, and its
// pings; then what the protocol forbids, each on a socket of its own, told by the code that it is closed with.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [, , url, key, arn] = process.argv;
const connectionParams = { Authorization: `Bearer ${key}` };
const events = [];
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams,
  lazy: false,
  keepAlive: 50,
  retryAttempts: 0,
  on: {
    opened: () => events.push('opened'),
    ping: (received) => events.push(received ? 'server pinged' : 'client pinged'),
    pong: (received) => events.push(received ? 'server answered' : 'client answered'),
  },
});

async function all(query, variables, most = Infinity) {
  const told = [];
  try {
    for await (const result of client.iterate({ query, variables })) {
      if (told.push(result) >= most) break;
    }
  } catch (failure) {
    told.push({ errors: failure });
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
const isHeard = () => ['server pinged', 'server answered'].every((event) => events.includes(event));
while (!isHeard()) await new Promise((resolve) => setTimeout(resolve, 10));
await client.dispose();

const greeting = { type: 'connection_init', payload: connectionParams };
const waiting = 'subscription { executionUpdates(status: FAILED) { cursor } }';
const operation = { type: 'subscribe', id: '1', payload: { query: waiting } };
const forbidden = {
  unreadable: [greeting, 'no JSON'],
  unknown: [greeting, { type: 'start', id: '1', payload: { query: waiting } }],
  unauthorized: [operation],
  stranger: [{ type: 'connection_init', payload: { Authorization: 'Bearer nobody' } }],
  silent: [],
  twice: [greeting, operation, operation],
  greetedTwice: [greeting, greeting],
};

function closed(messages, protocol = 'graphql-transport-ws') {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocol);
    const say = () => {
      const message = messages.shift();
      if (message !== undefined) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      if (messages.length && message?.type !== 'connection_init') say();
    };
    socket.on('open', say);
    socket.on('message', (text) => JSON.parse(text).type === 'connection_ack' && say());
    socket.on('close', (code, reason) => resolve([code, reason.toString()]));
    socket.on('error', reject);
  });
}

const codes = { subprotocol: await closed([], []) };
for (const [name, messages] of Object.entries(forbidden)) codes[name] = await closed(messages);
console.log(JSON.stringify({ whole, query, wrong, left, events: [...new Set(events)].sort(), codes }));
