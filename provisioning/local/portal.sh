#!/bin/sh
# portal.sh PYTHON: builds the pages of cloud/portal/web into cloud/portal/bundle: packages of the
# lock file, types of the API, type check, bundle. Each step only if its sources have changed.
set -eu
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
PATH="$(provisioning/local/node.sh "$python"):$PATH"
export PATH
web=cloud/portal/web
bundle=cloud/portal/bundle/index.html

# whether a file is missing, or older than one that `find` lists
is_old() {
    made=$1
    shift
    [ ! -e "$made" ] || [ -n "$(find "$@" -newer "$made" -print -quit)" ]
}

if ! cmp -s $web/package-lock.json $web/node_modules/.ready; then
    echo "Setting up the portal's packages (half a minute, 280 MB) ..." >&2
    (cd $web && npm ci --loglevel=error)
    cp $web/package-lock.json $web/node_modules/.ready
fi
if is_old $web/.document cloud wire pyproject.toml \( -name '*.py' -o -name pyproject.toml \) -type f; then
    "$python" -m cloud openapi $web/openapi.json
    touch $web/.document
fi
cd $web
if is_old src/api/schema.d.ts openapi.json; then
    node_modules/.bin/openapi-typescript openapi.json -o src/api/schema.d.ts >&2
fi
cd - >/dev/null
if is_old $bundle $web/src $web/build $web/index.html $web/vite.config.ts $web/tsconfig.json $web/package.json $web/package-lock.json -type f; then
    echo "Building the portal ..." >&2
    cd $web
    node_modules/.bin/tsc --noEmit
    node_modules/.bin/vite build --logLevel warn
fi
