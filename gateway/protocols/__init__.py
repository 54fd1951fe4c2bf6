"""How operations come in and answers go out: HTTP, parts of a response, server-sent events, sockets."""
