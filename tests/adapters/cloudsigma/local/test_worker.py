"""What the worker processes load, and what is said of an ATT&CK release that can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.worker import EngineSettings, engine


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"no JSON", "JSON is malformed"),
        (b'{"objects": 1}', "Expected `array`"),
        (b'{"objects": []}', "it holds no techniques"),
        (None, "No such file or directory"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_told(content: bytes | None, problem: str, tmp_path: Path) -> None:
    """By its setting and a cure, and without its path: callers see the sentence, too."""
    bundle = tmp_path / "bundle.json"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(PipelineFailure) as failed:
        engine(EngineSettings(cache_dir=tmp_path, attack_bundle=bundle))
    assert f"TRIGRAPH_ATTACK_BUNDLE names can't be used ({problem}" in failed.value.message
    assert "STIX 2.1" in failed.value.message
    assert str(tmp_path) not in failed.value.message
