#!/bin/sh
# ensure.sh PROGRAM PACKAGE: installs PACKAGE from Debian's packages where PROGRAM is missing and
# may be installed; else says how.
set -eu
program=$1 package=$2
PATH="$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)"
command -v "$program" >/dev/null 2>&1 && exit 0

advise() {
    echo "$program is missing and could not be installed here. Install it, then try again:" >&2
    echo "  Debian, Ubuntu: sudo apt-get install $package    macOS: brew install $package" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || advise
as_root=""
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || advise
    as_root="sudo -n"
fi
echo "Installing $package from Debian's packages ..." >&2
$as_root apt-get update -qq >&2 || advise
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$package" >&2 || advise
command -v "$program" >/dev/null 2>&1 || {
    PATH="$PATH:$(printf '%s:' /usr/lib/postgresql/*/bin)"
    command -v "$program" >/dev/null 2>&1 || advise
}
