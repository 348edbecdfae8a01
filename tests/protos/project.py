"""A small project laid out like this one, and a small release of protobufs to generate its stubs from."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OPTIONS = """
syntax = "proto3";
package zitadel.v1;
import "google/protobuf/descriptor.proto";
extend google.protobuf.MethodOptions { AuthOption auth_option = 50000; }
message AuthOption { string permission = 1; }
"""
GREETER = """
syntax = "proto3";
package zitadel.greeter.v1;
import "google/api/annotations.proto";
import "validate/validate.proto";
import "zitadel/options.proto";
import "zitadel/greeting.proto";

// Greets whoever asks.
service GreeterService {
    // Says hello. Once only.
    rpc Greet(GreetRequest) returns (GreetResponse) {
        option (google.api.http) = { get: "/greetings/{name}" };
        option (zitadel.v1.auth_option) = { permission: "greeting.read" };
    }
    rpc Forget(GreetRequest) returns (GreetResponse) { option deprecated = true; }
}
message GreetRequest { string name = 1 [(validate.rules).string = {min_len: 1, max_len: 9}]; }
message GreetResponse {
    oneof answer { option (validate.required) = true; zitadel.greeting.v1.Greeting greeting = 1; }
}
"""
GREETING = """
syntax = "proto3";
package zitadel.greeting.v1;
message Greeting { string text = 1; Mood mood = 2; }
enum Mood { MOOD_UNSPECIFIED = 0; MOOD_GOOD = 1; }
"""
RELEASE = {
    "zitadel/greeter.proto": GREETER,
    "zitadel/greeting.proto": GREETING,
    "zitadel/options.proto": OPTIONS,
}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@dataclass(frozen=True)
class Project:
    """A directory laid out like this project, with the scripts and without stubs."""

    root: Path

    @property
    def api(self) -> Path:
        return self.root / "zitadel_grpc" / "api"

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "scripts.protos", *map(str, arguments)]

    def run(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            check=False,
            cwd=self.root,
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )

    def build(self, *arguments: str | Path) -> str:
        done = self.run("build", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def ensure(self) -> str:
        done = self.run("ensure")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def refusal(self, *arguments: str | Path, **environment: str) -> str:
        """What a run says that cannot do what it is asked."""
        done = self.run(*arguments, **environment)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("protos: ")
        assert done.stderr.count("\n") == 1
        return done.stderr

    def stubs(self) -> dict[str, bytes]:
        files = (path for path in self.api.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(self.api).as_posix(): path.read_bytes() for path in files}

    def python(self, code: str) -> str:
        """What some code prints that has this project's stubs."""
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, cwd=self.root, capture_output=True, text=True
        )
        return done.stdout.strip()
