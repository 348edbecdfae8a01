#!/bin/sh
# Freezes the emulator's command and the quickstart with PyInstaller, and runs one against the other.
set -eu

venv=build/venv-frozen
pip='-m pip --disable-pip-version-check --quiet'
# PyInstaller needs Python's own library, which a Python built without --enable-shared does not have.
"${PYTHON:-python3}" -c 'import sys, sysconfig
sys.exit(sys.platform == "linux" and not sysconfig.get_config_var("Py_ENABLE_SHARED"))' ||
	{ echo 'Skipped: PyInstaller needs a Python built with --enable-shared.'; exit 0; }

echo "Installing the wheel with requirements/frozen.txt into $venv …"
rm -rf build/wheel build/frozen
.venv/bin/python $pip wheel --no-build-isolation --no-deps --wheel-dir build/wheel .
"${PYTHON:-python3}" -m venv --clear "$venv"
"$venv/bin/python" $pip install --require-hashes -r requirements/frozen.txt
"$venv/bin/python" $pip install --no-deps build/wheel/*.whl

# Outside of this directory, from which PyInstaller would take the package, and its hooks would not be found.
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
echo '1 passed, 0 failed'
