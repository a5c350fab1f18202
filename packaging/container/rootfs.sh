#!/usr/bin/env bash
# Assembles the file tree of lokitail's container image: rootfs.sh BINARY FOLDER [LIBRARY...]
# In it are the agent, the shared libraries that it needs, certificates, time zones, a user and a configuration,
# and nothing else: no shell, no package manager. A LIBRARY is one that the agent loads when a job wants it,
# libsystemd.so.0 for the journal and librdkafka.so.1 for Kafka. Everything is taken from the machine on which
# this runs, Debian 12 with ca-certificates and tzdata; libraries from SYSROOT, where one is given: the root of a Debian
# of the agent's architecture (packaging/arm64/sysroot.sh). Runs as root, for files that belong to the container's user.
set -euo pipefail

user=10001  # of no account on the machine, and above those that a distribution gives out
here="$(cd "$(dirname "$0")" && pwd)"
binary=$1
root=$2
shift 2

fail() { echo "rootfs.sh: $*" >&2; exit 1; }
[ ! -e "$root" ] || [ -z "$(ls -A "$root")" ] || fail "$root is there already"
umask 022

case $(readelf -h "$binary" | sed -n 's/^ *Machine: *//p') in
  *X86-64*) machine=x86_64-linux-gnu strip=strip ;;
  *AArch64*) machine=aarch64-linux-gnu strip=aarch64-linux-gnu-strip ;;
  *) fail "no program for a machine that is known: $binary" ;;
esac
sysroot=${SYSROOT:-}
command -v "$strip" >/dev/null || strip=strip

# A library's path on such a machine.
path_of() {
  local folder
  for folder in "/lib/$machine" "/usr/lib/$machine"; do
    [ ! -e "$sysroot$folder/$1" ] || { echo "$folder/$1"; return; }
  done
  fail "$1 is not installed"
}

# A file under the name by which it is looked for, whatever symbolic links lead to it, and what it needs.
add_library() {
  [ ! -e "$root$1" ] || return 0
  install -D -m 755 "$(readlink -f "$sysroot$1")" "$root$1"
  add_needed "$sysroot$1"
}

add_needed() {
  local names name path
  names=$(readelf -d "$1" | sed -n 's/^.*(NEEDED).*\[\(.*\)\]$/\1/p')
  for name in $names; do
    case $name in
      ld-linux-*) ;;  # the loader itself, which the agent names by its path
      *) path=$(path_of "$name"); add_library "$path" ;;
    esac
  done
}

install -D -m 755 "$binary" "$root/usr/bin/lokitail"
"$strip" "$root/usr/bin/lokitail"
loader=$(readelf -l "$binary" | sed -n 's/^.*program interpreter: \(.*\)\]$/\1/p')
add_library "$loader"
add_needed "$binary"
for name in "$@"; do
  path=$(path_of "$name")
  add_library "$path"
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
