from __future__ import annotations

from typing import Any

import pytest

from adapters.cloudsigma.models import GenerateRequest, InputType, Platform, Siem
from adapters.cloudsigma.validation import GRAPH_FIELDS, validated
from adapters.errors import InvalidInput


def refused(**given: Any) -> InvalidInput:
    """Check what must be refused."""
    with pytest.raises(InvalidInput) as raised:
        validated(**given)
    return raised.value


def test_a_text_alone_asks_for_everything() -> None:
    """What is left out means all platforms, all SIEMs, rules for indicators, and no forcing."""
    assert validated(text="A report") == GenerateRequest(input_type=InputType.TEXT, text="A report")


def test_all_that_is_given_arrives() -> None:
    """Names become members, in their order and once each; enum members are names too."""
    request = validated(
        url=" https://reports.example/a ",
        input_type="url",
        platforms=["okta", Platform.AWS, "okta"],
        siems=["google_secops"],
        include_ioc_rules=False,
        force=True,
    )
    assert request == GenerateRequest(
        input_type=InputType.URL,
        url="https://reports.example/a",
        platforms=(Platform.OKTA, Platform.AWS),
        siems=(Siem.GOOGLE_SECOPS,),
        include_ioc_rules=False,
        force=True,
    )


@pytest.mark.parametrize(
    "given", [{}, {"url": "https://a.example", "text": "x"}, {"url": "u", "cve_id": "c", "text": "t"}]
)
def test_exactly_one_input_is_needed(given: dict[str, str]) -> None:
    """None and several are refused, and the sentence names what was given."""
    error = refused(**given)
    assert (error.code, error.field) == ("ValidationError", None)
    assert " and ".join(("cve" if name == "cve_id" else name) for name in given) in error.message


def test_the_input_type_has_to_fit() -> None:
    """An unknown type and one that does not match have each their code."""
    unknown, unfit = refused(text="x", input_type="file"), refused(text="x", input_type="url")
    assert (unknown.code, unknown.field) == ("InvalidInputType", "inputType")
    assert (unfit.code, unfit.field) == ("ValidationError", "inputType")
    assert "'file'" in unknown.message


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_is_refused(text: str) -> None:
    """Blanks are no report."""
    error = refused(text=text)
    assert (error.code, error.field) == ("ValidationError", "text")


def test_a_text_may_have_fifty_thousand_characters() -> None:
    """The limit counts characters, not bytes, and is inclusive."""
    assert validated(text="é" * 50_000).text == "é" * 50_000
    error = refused(text="é" * 50_001)
    assert (error.code, error.field) == ("InputTooLarge", "text")
    assert "50,001" in error.message


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example:8443/x?y#z", "http://[2001:db8::1]/", "https://bücher.example/"]
)
def test_an_http_url_with_a_host_is_accepted(url: str) -> None:
    """Whether the host may be reached is found out when it is fetched."""
    assert validated(url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "reports.example/a",
            "ftp://a.example",
            "file:///etc/passwd",
            "http://",
            "http:///x",
            "javascript:alert(1)",
        ),
        *(
            "http://a b.example/",
            "http://a.example:99999/",
            "http://user:word@a.example/",
            "http://a.example/" + "x" * 2048,
        ),
    ],
)
def test_anything_else_is_no_url(url: str) -> None:
    """Other schemes, no host, blanks, credentials and endless paths are refused."""
    error = refused(url=url)
    assert (error.code, error.field) == ("InvalidUrl", "url")
    assert len(error.message) < 300


@pytest.mark.parametrize(
    ("given", "meant"), [("CVE-2021-44228", "CVE-2021-44228"), (" cve-1999-0001 ", "CVE-1999-0001")]
)
def test_a_cve_id_is_written_in_its_usual_form(given: str, meant: str) -> None:
    """Case and blanks around do not matter."""
    request = validated(cve_id=given)
    assert (request.input_type, request.cve_id) == (InputType.CVE, meant)


@pytest.mark.parametrize(
    "cve_id",
    ["", "CVE-2021-123", "CVE-21-12345", "2021-44228", "CVE-2021-44228x", "CVE-\uff12\uff10\uff12\uff11-44228"],
)
def test_other_ids_are_refused(cve_id: str) -> None:
    """Four digits of year and at least four of number, in ASCII."""
    error = refused(cve_id=cve_id)
    assert (error.code, error.field) == ("InvalidCveId", "cveId")


@pytest.mark.parametrize(("argument", "field"), [("platforms", "targetProviders"), ("siems", "targetSiems")])
def test_lists_have_known_names(argument: str, field: str) -> None:
    """An empty list and an unknown name are refused; the sentence names the value and what is known."""
    empty, unknown = refused(text="x", **{argument: []}), refused(text="x", **{argument: ["splunk", "aws", "vax"]})
    assert (empty.code, empty.field) == ("ValidationError", field)
    assert (unknown.code, unknown.field) == ("ValidationError", field)
    assert ("'splunk'" if argument == "platforms" else "'aws'") in unknown.message
    assert ("linux-auditd" if argument == "platforms" else "chronicle") in unknown.message


def test_the_graph_has_its_own_names_for_two_fields() -> None:
    """A caller of the graph is told the argument that was sent."""
    error = refused(text="x", platforms=["vax"])
    assert GRAPH_FIELDS[error.field or ""] == "platforms"


def test_null_flags_mean_their_defaults() -> None:
    """A client that sends null gets what one gets that sends nothing."""
    assert validated(text="x", include_ioc_rules=None, force=None) == validated(text="x")
    assert validated(text="x", include_ioc_rules=True, force=False) == validated(text="x")
