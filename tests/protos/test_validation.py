"""The stubs contain the validation rules of the protobufs, each rule once."""

import json
from pathlib import Path

from tests.protos.project import Project

RULES = """
syntax = "proto3";
package zitadel.rules.v1;
import "google/protobuf/duration.proto";
import "validate/validate.proto";

service RulesService { rpc Keep(Ruled) returns (Ruled); }
message Ruled {
    string name = 1 [(validate.rules).string = {min_len: 1, max_len: 9}];
    repeated string tags = 4 [(validate.rules).repeated = {items: {string: {min_len: 1, max_len: 9}}}];
    Inner inner = 2;
    message Inner {
        string name = 3 [(validate.rules).string = {min_len: 1, max_len: 9}];
        google.protobuf.Duration age = 1 [(validate.rules).duration = {lte: {seconds: 1, nanos: 5}}];
    }
    oneof choice { option (validate.required) = true; string left = 5; string right = 6; }
}
"""


def test_fields_share_the_rules_that_are_the_same(project: Project, release: Path) -> None:
    (release / "zitadel" / "rules.proto").write_text(RULES)
    project.build(release)
    assert json.loads(project.stubs()["_rules.json"]) == {
        "rules": [
            {"duration": {"lte": 1_000_000_005}},
            {"repeated": {"items": {"string": {"max_len": 9, "min_len": 1}}}},
            {"string": {"max_len": 9, "min_len": 1}},
        ],
        "fields": {
            "zitadel.greeter.v1.GreetRequest": {"1": 2},
            "zitadel.rules.v1.Ruled": {"1": 2, "4": 1},
            "zitadel.rules.v1.Ruled.Inner": {"1": 0, "3": 2},
        },
        "required_oneofs": {
            "zitadel.greeter.v1.GreetResponse": ["answer"],
            "zitadel.rules.v1.Ruled": ["choice"],
        },
    }


def test_a_rule_of_an_unknown_kind_is_reported_and_ignored(project: Project, release: Path) -> None:
    path = release / "zitadel" / "rules.proto"
    path.write_text(RULES.replace("items: {string: {min_len: 1, ", "items: {string: {uuid: true, "))
    done = project.run("build", release)
    assert done.returncode == 0
    assert (
        done.stderr
        == "protos: zitadel.rules.v1.Ruled.tags has a validation rule that is not supported: string.uuid\n"
    )
    rules = json.loads(project.stubs()["_rules.json"])["rules"]
    assert {"repeated": {"items": {"string": {"max_len": 9}}}} in rules
