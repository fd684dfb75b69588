#!/bin/sh
# Installs Mosquitto from Debian's packages where it is missing and may be installed; else says how.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
command -v mosquitto >/dev/null 2>&1 && exit 0

advise() {
    echo "Mosquitto (the MQTT broker) is missing and could not be installed here. Install it, then try again:" >&2
    echo "  Debian, Ubuntu: sudo apt-get install mosquitto    macOS: brew install mosquitto" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || advise
as_root=""
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || advise
    as_root="sudo -n"
fi
echo "Installing Mosquitto from Debian's packages ..." >&2
$as_root apt-get update -qq >&2 || advise
# The package would start a broker of its own on port 1883; ours picks a free port.
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mosquitto >&2; then
    advise
fi
