"""The rules agree with the responses of a real server to recorded requests."""

from __future__ import annotations

import pytest
from google.protobuf.json_format import ParseDict

from tests.conformance.peer import message_types
from tests.conformance.scenario import SCENARIOS, Step, load
from zitadel_grpc.validation import violations

STEPS = [step for scenario in SCENARIOS for step in load(scenario) if step.kind == "rpc"]


def found(step: Step) -> list[str]:
    """The violations in a step's request. Variables such as `${name}` are valid values as they are."""
    request_type, _ = message_types(step.target)
    return [
        str(violation) for violation in violations(ParseDict(step.request.get("request", {}), request_type()))
    ]


@pytest.mark.parametrize(
    "step",
    [step for step in STEPS if step.response.get("details", "").startswith("invalid ")],
    ids=lambda step: step.label,
)
def test_the_first_violation_is_the_servers_error(step: Step) -> None:
    assert found(step)[0] == step.response["details"]


def test_requests_that_the_server_accepted_have_no_violations() -> None:
    accepted = [step for step in STEPS if step.response["code"] == "OK"]
    assert len(accepted) > 100
    assert {step.label: found(step) for step in accepted if found(step)} == {}
