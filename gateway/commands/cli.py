"""The command `trigraph`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.commands.key_commands import add_keys

if TYPE_CHECKING:
    from gateway.configuration.settings import Settings

PLATFORMS = (
    "aws gcp azure windows-sysmon windows-security windows-powershell linux-auditd kubernetes-audit okta "
    "entra-id-signin entra-id-audit modsecurity aws-waf"
)
SERVICES = ("cloudsigma", "sigil", "cloudlink")
SIEMS = "splunk sentinel elasticsearch opensearch chronicle google_secops"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; ends with 0, or with 1 and a sentence on what is wrong, or with 2 on words it does not know."""
    from gateway.commands.failing import CommandFailed

    options = _parser().parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace], None] = options.command
        command(options)
    except CommandFailed as error:
        sys.exit(f"trigraph: {error}")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trigraph", description="One GraphQL graph over CloudSigma, Sigil and CloudLink, with changes pushed."
    )
    parser.add_argument("--version", action="version", version=f"trigraph {version('trigraph')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    _add_serve(commands.add_parser("serve", help="start the gateway, or one service's REST API"))
    _add_detect(commands.add_parser("detect", help="generate Sigma rules here from a report"))
    _add_scan(commands.add_parser("scan", help="scan packages here for supply-chain attacks"))
    _add_threats(commands.add_parser("threats", help="known malicious packages"))
    _add_costs(commands.add_parser("costs", help="cloud costs"))
    add_keys(commands.add_parser("keys", help="API keys of those who may call"))
    _add_tokens(
        commands.add_parser("tokens", help="tokens of services over REST that tenants and callers have of their own")
    )
    commands.add_parser("schema", help="print the graph in GraphQL's schema language").set_defaults(command=_schema)
    commands.add_parser("check", help="check the settings and reach every service").set_defaults(command=_check)
    commands.add_parser("encryption-key", help="make a key for TRIGRAPH_ENCRYPTION_KEY").set_defaults(
        command=_encryption_key
    )
    return parser


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("service", nargs="?", choices=SERVICES, help="serve this service's REST API instead")
    serve.add_argument("--host", help="address to listen on (TRIGRAPH_HOST)")
    serve.add_argument("--port", type=int, help="port to listen on (TRIGRAPH_PORT)")
    serve.add_argument("--data-dir", type=Path, help="folder of the embedded data (TRIGRAPH_DATA_DIR)")
    serve.add_argument("--demo", action="store_true", help="serve a made-up story over all three services")
    serve.set_defaults(command=_serve)


def _add_detect(detect: argparse.ArgumentParser) -> None:
    detect.add_argument("report", metavar="FILE|URL|CVE", help="a text, HTML or PDF file, an address, or a CVE id")
    detect.add_argument("--output", type=Path, default=Path("rules"), help="folder for the rules (default: rules)")
    detect.add_argument("--platform", action="append", metavar="NAME", help=f"only this platform, of: {PLATFORMS}")
    detect.add_argument("--siem", action="append", metavar="NAME", help=f"only this SIEM, of: {SIEMS}")
    detect.add_argument("--no-ioc-rules", action="store_true", help="leave out rules on indicators")
    detect.add_argument("--force", action="store_true", help="go on even if it does not look like threat intelligence")
    detect.set_defaults(command=_detect)


def _add_threats(threats: argparse.ArgumentParser) -> None:
    importing = threats.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser(
        "import", help="import OSV reports of malicious packages"
    )
    importing.add_argument("path", type=Path, metavar="PATH", help="a report, or a folder, zip or tar of them")
    importing.add_argument("--data-dir", type=Path, help="folder of the embedded data (TRIGRAPH_DATA_DIR)")
    importing.set_defaults(command=_import_threats)


def _add_costs(costs: argparse.ArgumentParser) -> None:
    importing = costs.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser(
        "import", help="import a billing export: FOCUS 1.x or AWS CUR 2, as CSV or Parquet"
    )
    importing.add_argument("file", type=Path, metavar="FILE", help="the export")
    importing.add_argument("--tenant", default="local", metavar="NAME", help="whose costs they are (default: local)")
    importing.add_argument("--credential", metavar="ID", help="count all accounts of the file as this credential's")
    importing.add_argument("--data-dir", type=Path, help="folder of the embedded data (TRIGRAPH_DATA_DIR)")
    importing.set_defaults(command=_import_costs)


def _add_tokens(tokens: argparse.ArgumentParser) -> None:
    commands = tokens.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, help_text in (
        ("set", "keep a token, encrypted; it is read from standard input, or asked for"),
        ("remove", "forget a token"),
        ("list", "show whose tokens are kept"),
    ):
        command = commands.add_parser(name, help=help_text)
        if name != "list":
            command.add_argument("service", choices=SERVICES, help="the service")
            command.add_argument("--tenant", required=True, metavar="NAME", help="whose token it is")
            command.add_argument("--caller", metavar="NAME", help="whose alone, of the tenant's callers (default: all)")
        command.add_argument("--data-dir", type=Path, help="folder of the embedded data (TRIGRAPH_DATA_DIR)")
        command.set_defaults(command=_tokens, action=name)


def _add_scan(scan: argparse.ArgumentParser) -> None:
    scan.description = "Exit code: 0 all pass the policy, 1 one fails it, 2 one could not be scanned."
    scan.add_argument(
        "targets",
        nargs="+",
        metavar="TARGET",
        help="npm:NAME[@VERSION], pypi:NAME[==VERSION], or the path of a folder or archive",
    )
    scan.add_argument("--policy", default="default", metavar="NAME|FILE", help="default, strict, permissive or a file")
    written = scan.add_mutually_exclusive_group()
    for name, help_text in (("json", "write a list of scans as GET /v1/scans/ID has them"), ("sarif", "write SARIF")):
        written.add_argument(f"--{name}", dest="format", action="store_const", const=name, help=help_text)
    scan.add_argument("--output", type=Path, metavar="FILE", help="write to this file")
    scan.add_argument("--data-dir", type=Path, help="folder of the known threats (TRIGRAPH_DATA_DIR)")
    scan.set_defaults(command=_scan, format="report")


def _settings(options: argparse.Namespace) -> Settings:
    from gateway.configuration.settings import read_settings

    return read_settings(host=options.host, port=options.port, data_dir=options.data_dir)


def _serve(options: argparse.Namespace) -> None:
    from adapters.services import Service
    from gateway.commands.failing import CommandFailed
    from gateway.serving import serve_gateway, serve_service

    settings = _settings(options)
    if options.demo and options.service:
        raise CommandFailed(f"--demo is the gateway's: leave {options.service} out")
    if options.demo:
        from gateway.demo.serving import demo_settings

        with demo_settings(settings) as own:
            asyncio.run(serve_gateway(own, demo=True))
        return
    asyncio.run(serve_service(settings, Service(options.service)) if options.service else serve_gateway(settings))


def _schema(_options: argparse.Namespace) -> None:
    from schema.graph import build_graph

    print(build_graph().as_str())  # noqa: T201 - the command's output


def _detect(options: argparse.Namespace) -> None:
    from gateway.commands.detect import detect
    from gateway.configuration.settings import read_settings

    asyncio.run(
        detect(
            read_settings(),
            options.report,
            options.output,
            platforms=options.platform,
            siems=options.siem,
            include_ioc_rules=not options.no_ioc_rules,
            force=options.force,
        )
    )


def _scan(options: argparse.Namespace) -> None:
    from gateway.commands.failing import CommandFailed
    from gateway.commands.scan import NOT_SCANNED, Format, scan_targets
    from gateway.configuration.settings import read_settings

    try:
        settings = read_settings(data_dir=options.data_dir)
        written = Format(options.format)
        code = asyncio.run(scan_targets(settings, options.targets, options.policy, written, options.output))
    except CommandFailed as error:
        print(f"trigraph: {error}", file=sys.stderr)  # noqa: T201 - 1 is taken by failing the policy
        code = NOT_SCANNED
    sys.exit(code)


def _import_threats(options: argparse.Namespace) -> None:
    from gateway.commands.threats import import_threats
    from gateway.configuration.settings import read_settings

    asyncio.run(import_threats(read_settings(data_dir=options.data_dir), options.path))


def _import_costs(options: argparse.Namespace) -> None:
    from gateway.commands.costs import import_costs
    from gateway.configuration.settings import read_settings

    settings = read_settings(data_dir=options.data_dir)
    asyncio.run(import_costs(settings, options.file, options.tenant, options.credential))


def _tokens(options: argparse.Namespace) -> None:
    from gateway.commands.tokens import list_tokens, remove_token, set_token
    from gateway.configuration.settings import read_settings

    settings = read_settings(data_dir=options.data_dir)
    match options.action:
        case "set":
            asyncio.run(set_token(settings, options.service, options.tenant, options.caller))
        case "remove":
            asyncio.run(remove_token(settings, options.service, options.tenant, options.caller))
        case _:
            asyncio.run(list_tokens(settings))


def _check(_options: argparse.Namespace) -> None:
    from gateway.commands.check import check
    from gateway.configuration.settings import read_settings

    asyncio.run(check(read_settings()))


def _encryption_key(_options: argparse.Namespace) -> None:
    from adapters.vault import new_encryption_key

    print(new_encryption_key())  # noqa: T201 - the command's output
