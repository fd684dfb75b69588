#!/bin/sh
# browser.sh: installs a Chromium for tests where there is none: the one without windows, which takes
# least time, or the usual one where that is no package.
set -eu
here=$(dirname "$0")
for program in chromium-headless-shell chromium chromium-browser google-chrome; do
    command -v $program >/dev/null 2>&1 && exit 0
done
echo "Installing chromium-headless-shell, or else chromium ..." >&2
"$here/ensure.sh" chromium-headless-shell chromium-headless-shell 2>/dev/null ||
    exec "$here/ensure.sh" chromium chromium
