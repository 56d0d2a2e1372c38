#!/usr/bin/env bash
# Compiles mbedtls-client.c against the Mbed TLS 3.6 of Debian 13 and prints the path of the program. On any Debian: the package is taken through
# apt from the mirror this machine uses, checked by apt against Debian's signature, and unpacked beside the system in a cache folder. It is linked
# statically, because an older Debian has no other libraries that fit.
set -euo pipefail
source="$(cd "$(dirname "$0")" && pwd)/mbedtls-client.c"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/fieldline/mbedtls-client"
program="$cache/$(cat "$source" "$0" | sha256sum | cut -c1-16)"
if [ -x "$program" ]; then
  echo "$program"
  exit
fi
mkdir -p "$cache"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1
}
# without the lists of this machine apt does not know its mirror
[ -n "$(mirror || true)" ] || apt-get update -q >&2
mkdir -p "$work"/{lists/partial,cache/archives/partial,none}
: >"$work/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) trixie main" >"$work/sources.list"
options=(
  -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/none" -o Dir::State="$work"
  -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache"
  -o Acquire::Languages=none -o APT::Sandbox::User=root -q
)
apt-get "${options[@]}" update >&2
cd "$work"
apt-get "${options[@]}" download 'libmbedtls-dev=3.6.*' >&2
sha256sum libmbedtls-dev_*.deb >&2
dpkg-deb -x libmbedtls-dev_*.deb .
cc -O2 -Wall -Wextra -Werror -Iusr/include -o client "$source" usr/lib/*/lib{mbedtls,mbedx509,mbedcrypto}.a >&2
mv client "$program"
echo "$program"
