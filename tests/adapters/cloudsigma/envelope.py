"""The documented envelope, taken apart: `{success, data}` or `{success, error: {code, message}}`."""

from __future__ import annotations

from typing import Any

import httpx


def data_of(answer: httpx.Response) -> Any:
    """Check the envelope of a success, and give what is in it."""
    body = answer.json()
    assert answer.status_code == 200, body
    assert answer.headers["content-type"] == "application/json"
    assert body.keys() == {"success", "data"}
    assert body["success"] is True
    return body["data"]


def error_of(answer: httpx.Response, status: int, code: str) -> str:
    """Check the envelope of an error, its status and its code, and give the message."""
    body = answer.json()
    assert answer.status_code == status, body
    assert answer.headers["content-type"] == "application/json"
    assert body.keys() == {"success", "error"}
    assert body["success"] is False
    assert body["error"].keys() == {"code", "message"}
    assert body["error"]["code"] == code
    return str(body["error"]["message"])
