#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A small Debian with systemd, of a release, as it is after an installation:
#   test/boot/root.sh SUITE     prints its directory
# It stays in .cache/boot; remove that for a newer one.
set -uo pipefail

project=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
suite=${1:?which suite of Debian? bookworm or trixie}
directory=$project/.cache/boot/$suite
packages=systemd-sysv,udev,ifupdown,nftables,iproute2,kmod,procps

fail() { echo "boot: $*" >&2; exit 3; }

# The directory gets its name when it is complete.
make_root() {
  local scratch=$directory.new mirror
  [ -e "$directory/sbin/init" ] && return
  command -v debootstrap >/dev/null || fail 'debootstrap is missing: run `nftoggle setup --test`'
  . "$project/test/archive/fetch.sh"
  mirror=$(debian_mirror) || exit 3
  echo "boot: making a small Debian $suite" >&2
  rm -rf "$scratch" "$directory"
  debootstrap --variant=minbase "--include=$packages" "$suite" "$scratch" "$mirror" >"$directory.log" 2>&1 || {
    tail -n 10 "$directory.log" >&2
    fail "debootstrap could not make a Debian $suite (see above)"
  }
  rm -rf "$scratch"/var/cache/apt/* "$scratch"/var/lib/apt/lists/* "$scratch"/usr/share/{doc,locale,man}
  mv "$scratch" "$directory"
}

mkdir -p "$project/.cache/boot" || exit 3
# Two who start together make it once.
exec 8>"$directory.lock"
flock 8
make_root
echo "$directory"
