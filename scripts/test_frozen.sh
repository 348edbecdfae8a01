#!/bin/sh
# Freezes the emulator command and the quickstart with PyInstaller, and runs the quickstart against the emulator.
set -eu

venv=build/venv-frozen
pip='-m pip --disable-pip-version-check --quiet'
# PyInstaller needs the shared library of Python.
"${PYTHON:-python3}" -c 'import sys, sysconfig
sys.exit(sys.platform == "linux" and not sysconfig.get_config_var("Py_ENABLE_SHARED"))' ||
	{ echo 'Skipped: PyInstaller needs a Python built with --enable-shared.'; exit 0; }

echo "Installing the wheel with requirements/frozen.txt into $venv …"
rm -rf build/wheel build/frozen
.venv/bin/python $pip wheel --no-build-isolation --no-deps --wheel-dir build/wheel .
"${PYTHON:-python3}" -m venv --clear "$venv"
"$venv/bin/python" $pip install --require-hashes -r requirements/frozen.txt
"$venv/bin/python" $pip install --no-deps build/wheel/*.whl

# Run in another directory: here, PyInstaller would take the package from the tree and miss its hooks.
mkdir -p build/frozen
cp examples/quickstart.py "$venv/bin/zitadel-grpc" build/frozen
cd build/frozen
for program in quickstart.py zitadel-grpc; do
	echo "Freezing $program …"
	../../"$venv"/bin/python -m PyInstaller --log-level ERROR --distpath dist --name "frozen-${program%.py}" "$program"
done
cd ../..
.venv/bin/python scripts/demo.py \
	build/frozen/dist/frozen-zitadel-grpc/frozen-zitadel-grpc build/frozen/dist/frozen-quickstart/frozen-quickstart
echo 'The frozen programs work.'
