#!/usr/bin/env bash
# Makes the packages of a build: package.sh BUILD-FOLDER [GENERATOR...], in BUILD-FOLDER/packages. Equal sources
# give equal bytes: all times are that of the last commit, or SOURCE_DATE_EPOCH.
set -euo pipefail

source="$(cd "$(dirname "$0")/.." && pwd)"
build="$(cd "$1" && pwd)"
shift
generators="${*:-DEB RPM TGZ}"
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct)
fi
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC
umask 022

cache_value() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
version=$(cache_value CMAKE_PROJECT_VERSION)
binary=$(cache_value LOKITAIL_PACKAGED_BINARY)
binary=${binary:-$build/lokitail}

# Each of the changelog's entries on a line of its own.
joined_entries() {
  awk '/^- / { if (entry) print entry; entry = substr($0, 3); next }
       /^ +/ { sub(/^ +/, " "); entry = entry $0 }
       END { print entry }'
}

made="$build/package"
mkdir -p "$made"
# The agent knows its flags and commands best.
"$binary" help --format=man | gzip -9n >"$made/lokitail.1.gz"
for shell in bash zsh fish; do
  "$binary" help --format=$shell >"$made/lokitail.$shell"
done
{
  echo "lokitail ($version) unstable; urgency=medium"
  echo
  sed -n '/^- /,$p' "$source/CHANGELOG.md" | sed -e '/^#/d' | joined_entries | while read -r entry; do
    fold -s -w 74 <<<"$entry" | sed -e '1s/^/  * /' -e '2,$s/^/    /' -e 's/ *$//'
  done
  echo
  echo " -- lokitail maintainers <lokitail@localhost>  $(date -u -d "@$SOURCE_DATE_EPOCH" -R)"
} | gzip -9nc >"$made/changelog.gz"
python3 "$source/packaging/sbom.py" --binary "$binary" --build "$build" --version "$version" \
  >"$made/lokitail.spdx.json"

rm -rf "$build/packages"
cd "$build"
for generator in $generators; do
  cpack -G "$generator" --config CPackConfig.cmake
done
rm -rf "$build/packages/_CPack_Packages"
(cd "$build/packages" && sha256sum lokitail* >SHA256SUMS && cat SHA256SUMS)
