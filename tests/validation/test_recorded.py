"""The rules find in recorded requests what the real server found in them."""

from __future__ import annotations

import pytest
from google.protobuf.json_format import ParseDict

from tests.conformance.peer import message_types
from tests.conformance.scenario import SCENARIOS, Step, load
from zitadel_grpc.validation import violations

STEPS = [step for scenario in SCENARIOS for step in load(scenario) if step.kind == "rpc"]


def told(step: Step) -> list[str]:
    """The violations of a step's request; `${name}` is good for all that variables stand for."""
    request_type, _ = message_types(step.target)
    return [
        str(violation) for violation in violations(ParseDict(step.request.get("request", {}), request_type()))
    ]


@pytest.mark.parametrize(
    "step",
    [step for step in STEPS if step.answer.get("details", "").startswith("invalid ")],
    ids=lambda step: step.label,
)
def test_the_first_fault_is_what_the_server_said(step: Step) -> None:
    assert told(step)[0] == step.answer["details"]


def test_what_the_server_took_has_no_fault() -> None:
    taken = [step for step in STEPS if step.answer["code"] == "OK"]
    assert len(taken) > 100
    assert {step.label: told(step) for step in taken if told(step)} == {}
