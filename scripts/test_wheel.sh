#!/bin/sh
# Runs the tests on the installed wheel with the versions pinned in requirements/NAME.txt:
#   test_wheel.sh floor|newest
set -eu

name=$1
venv=build/venv-$name
pip='-m pip --disable-pip-version-check --quiet'

echo "Installing the wheel with requirements/$name.txt into $venv …"
rm -rf build/wheel
.venv/bin/python $pip wheel --no-build-isolation --no-deps --wheel-dir build/wheel .
"${PYTHON:-python3}" -m venv --clear "$venv"
"$venv/bin/python" $pip install --require-hashes -r "requirements/$name.txt"
"$venv/bin/python" $pip install --no-deps build/wheel/*.whl

# Python and the processes that the tests start must not import the package from this directory.
export PYTHONSAFEPATH=1
"$venv/bin/python" -c '
import importlib.metadata, sys, zitadel_grpc
assert zitadel_grpc.__file__.startswith(sys.prefix), zitadel_grpc.__file__
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("zitadel-grpc", "grpcio", "protobuf")), sep=", ")
'
# tests/protos and tests/packaging need the development tools, which are not installed here.
"$venv/bin/python" -m pytest -n auto --dist loadfile -o pythonpath= --ignore tests/protos --ignore tests/packaging
