#!/bin/sh
# ensure.sh WHAT PACKAGE...: installs the packages from Debian's where WHAT, a program or the path of
# a file, is missing and may be installed; else says how.
set -eu
what=$1
shift
packages=$*
PATH="$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)"

is_there() {
    case $what in
    /*) [ -e "$what" ] ;;
    *) command -v "$what" >/dev/null 2>&1 ;;
    esac
}

advise() {
    echo "$what is missing and could not be installed here. Install it, then try again:" >&2
    echo "  Debian, Ubuntu: sudo apt-get install $packages    macOS: brew install $packages" >&2
    exit 1
}

is_there && exit 0
command -v apt-get >/dev/null 2>&1 || advise
as_root=""
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || advise
    as_root="sudo -n"
fi
echo "Installing $packages from Debian's packages ..." >&2
$as_root apt-get update -qq >&2 || advise
# shellcheck disable=SC2086  # several packages
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $packages >&2 || advise
PATH="$PATH:$(printf '%s:' /usr/lib/postgresql/*/bin)"
is_there || advise
