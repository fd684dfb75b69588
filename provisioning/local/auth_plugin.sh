#!/bin/sh
# auth_plugin.sh [FILE]: compiles the broker's auth plugin (provisioning/broker/auth_plugin.c) unless FILE is newer than
# its source. FILE is build/auth_plugin.so in a checkout, else /usr/local/lib/onlooker/auth_plugin.so.
# Compiler and headers are installed from Debian's packages where they are missing and may be.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source="$here/../broker/auth_plugin.c"
if [ -e "$here/../../Makefile" ]; then usual="$here/../../build/auth_plugin.so"; else usual=/usr/local/lib/onlooker/auth_plugin.so; fi
made=${1:-$usual}
[ "$made" -nt "$source" ] && exit 0

compiler=${CC:-cc}
headers='#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <openssl/x509.h>'
if ! printf '%s\n' "$headers" | $compiler -E - >/dev/null 2>&1; then
    for what in "$compiler" /usr/include/mosquitto.h /usr/include/mosquitto_plugin.h \
        /usr/include/openssl/x509.h; do
        sh "$here/ensure.sh" "$what" gcc libc6-dev mosquitto-dev libmosquitto-dev libssl-dev
    done
fi
mkdir -p "$(dirname "$made")"
draft=$made.$$
trap 'rm -f "$draft"' EXIT
$compiler -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -fPIC -shared -Wall -Wextra -Wpedantic -fstack-protector-strong \
    -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now -o "$draft" "$source" -lcrypto
mv "$draft" "$made"
echo "The auth plugin is $made" >&2
