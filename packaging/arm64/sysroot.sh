#!/usr/bin/env bash
# Unpacks what a build for arm64 includes and links, Debian's packages for arm64, into a folder: sysroot.sh FOLDER
# The machine itself gets none of them: installed beside its own, some would take the place of those.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
folder=$(realpath -m "$1")
root=$folder/root
[ ! -e "$folder/complete" ] || exit 0

mkdir -p "$folder/state/lists/partial" "$folder/archives/partial"
: >"$folder/status"
apt() {
  apt-get -q -y -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= \
    -o Dir::State="$folder/state" -o Dir::State::status="$folder/status" -o Dir::Cache="$folder" \
    -o Dir::Cache::archives="$folder/archives" "$@"
}
libraries=$(sed -n '/^\[build\]/,/^\[package\]/p' "$here/../debian-packages.txt" | grep -E -e '-dev$' -e '^catch2$')
apt update
# shellcheck disable=SC2086  # a list of names
apt install --download-only --no-install-recommends libc6-dev libstdc++-12-dev $libraries

rm -rf "$root"
mkdir -p "$root/usr/lib"
ln -s usr/lib "$root/lib"
for archive in "$folder"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$archive" | tar -x --keep-directory-symlink -C "$root"
done
# Links to files by their path on a machine of that kind.
find "$root" -type l -lname '/*' | while read -r link; do
  ln -sf "$(realpath -m --relative-to="$(dirname "$link")" "$root$(readlink "$link")")" "$link"
done
# Snappy's says where its files are on such a machine; the others go by where they are themselves.
sed -i "s|\"/usr/lib/|\"$root/usr/lib/|" "$root"/usr/lib/aarch64-linux-gnu/cmake/Snappy/SnappyTargets-*.cmake
touch "$folder/complete"
