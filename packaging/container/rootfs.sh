#!/usr/bin/env bash
# Assembles the file tree of lokitail's container image: rootfs.sh BINARY FOLDER [LIBRARY...]
# In it are the agent, the shared libraries that it needs, certificates, time zones, a user and a configuration,
# and nothing else: no shell, no package manager. A LIBRARY is one that the agent loads when a job wants it,
# libsystemd.so.0 for the journal and librdkafka.so.1 for Kafka. Everything is taken from the machine on which
# this runs, Debian 12 with ca-certificates and tzdata. Runs as root, for files that belong to the container's user.
set -euo pipefail

user=10001  # of no account on the machine, and above those that a distribution gives out
here="$(cd "$(dirname "$0")" && pwd)"
binary=$1
root=$2
shift 2

fail() { echo "rootfs.sh: $*" >&2; exit 1; }
[ ! -e "$root" ] || [ -z "$(ls -A "$root")" ] || fail "$root is there already"
umask 022

# A file under the name by which it is looked for, whatever symbolic links lead to it.
add_library() { [ -e "$root$1" ] || install -D -m 755 "$(readlink -f "$1")" "$root$1"; }

# What the loader would load for a file, by path; the loader itself too.
libraries_of() {
  local found
  found=$(ldd "$1") || fail "no dynamic program: $1"
  ! grep 'not found' <<<"$found" >&2 || fail "$1 needs what is not installed"
  sed -nE 's/^.*[[:space:]](\/[^ ]+) \(0x[0-9a-f]+\)$/\1/p' <<<"$found"
}

add_with_libraries() {
  local library
  while read -r library; do add_library "$library"; done < <(libraries_of "$1")
}

install -D -m 755 "$binary" "$root/usr/bin/lokitail"
strip "$root/usr/bin/lokitail"
add_with_libraries "$binary"
for name in "$@"; do
  # An answer of `ldconfig -p` is: NAME (kind) => PATH.
  path=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p | sed -nE "s/^\t$name \(.*x86-64.*\) => //p;s/^\t$name \(.*AArch64.*\) => //p")
  [ -n "$path" ] || fail "$name is not installed"
  path=${path%%$'\n'*}
  add_library "$path"
  add_with_libraries "$path"
done

# TLS to Loki: where OpenSSL looks by default.
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$root/usr/lib/ssl"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"

# Zones for `location` and `TZ`; posix/ and right/ hold the same ones in other forms.
mkdir -p "$root/usr/share"
cp -a /usr/share/zoneinfo "$root/usr/share/"
rm -rf "$root/usr/share/zoneinfo/posix" "$root/usr/share/zoneinfo/right" "$root/usr/share/zoneinfo/localtime"

mkdir -p "$root/etc/lokitail"
printf 'root:x:0:0:root:/:/sbin/nologin\nlokitail:x:%d:%d:lokitail:/var/lib/lokitail:/sbin/nologin\n' \
  "$user" "$user" >"$root/etc/passwd"
printf 'root:x:0:\nlokitail:x:%d:\n' "$user" >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
install -m 644 "$here/config.yaml" "$root/etc/lokitail/config.yaml"

mkdir -p "$root/var/log"
install -d -m 1777 "$root/tmp"
# For that user, and for root without capabilities, who is in the group root.
install -d -m 770 -o "$user" -g 0 "$root/var/lib/lokitail"
