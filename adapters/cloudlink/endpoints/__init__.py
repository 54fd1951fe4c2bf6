"""The documented endpoints as tables, which both the routes and the OpenAPI document are made from."""
