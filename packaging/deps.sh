#!/usr/bin/env bash
# Installs the Debian packages that a build (deps.sh build) or the tests too (deps.sh build test) need:
# those of the named sections of debian-packages.txt that are missing. Asks for root only then.
set -euo pipefail

list="$(cd "$(dirname "$0")" && pwd)/debian-packages.txt"
sections="$*"
missing=()
for section in "$@"; do
  while read -r package; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
  done < <(sed -n "/^\[$section\]/,/^\[/p" "$list" | grep -v -e '^\[' -e '^#' -e '^$')
done

# What cannot be installed beside the others is unpacked where the tests look for it. They skip what is not there.
unpack_peers() {
  [[ " ${sections} " == *" test "* ]] || return 0
  local peers="${LOKITAIL_PEERS:-$HOME/.cache/lokitail/peers}"
  mkdir -p "$peers/archives" "$peers/usr/bin"
  [ -x "$peers/usr/sbin/syslog-ng" ] && [ -x "$peers/usr/bin/promtool" ] || unpack_debian "$peers" ||
    echo "Cannot download the packages to unpack: tests with them will be skipped." >&2
  [ -x "$peers/usr/bin/helm" ] || unpack_helm "$peers" ||
    echo "Cannot download helm: tests with it will be skipped." >&2
}

unpack_debian() {
  (cd "$1/archives" && apt-get download -q $(sed -n '/^\[unpacked\]/,/^\[/p' "$list" | grep -v -e '^\[' -e '^#' -e '^$')) || return
  for archive in "$1"/archives/*.deb; do dpkg-deb -x "$archive" "$1"; done
}

# Debian has no helm; a package of npm's carries it, for functions that need it elsewhere.
unpack_helm() {
  [ "$(uname -m)" = x86_64 ] && command -v npm >/dev/null || return
  (cd "$1/archives" && npm pack --silent @aws-cdk/asset-kubectl-v20@2.1.4 >/dev/null &&
    tar -xzf aws-cdk-asset-kubectl-v20-2.1.4.tgz package/lib/layer.zip &&
    python3 -m zipfile -e package/lib/layer.zip layer &&
    install -m 755 layer/helm/helm "$1/usr/bin/helm" && rm -rf package layer aws-cdk-asset-kubectl-*) || return
}

[ ${#missing[@]} -gt 0 ] || { unpack_peers; exit 0; }

echo "Missing packages: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Run this as root, or install sudo." >&2; exit 1; }
  as_root=(sudo)
fi

# Tests start the servers they need themselves: a machine shall not get a web server and a container
# engine running because its owner wanted to run our tests.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
  "${missing[@]}"
unpack_peers
