#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The first process of a machine that a Docker engine believes to have for itself: processes, mounts, /run and /etc of
# its own; everything else, network and cgroups included, is that of whoever starts this. When it ends, all end.
#   machine.sh DIRECTORY REAPER    says `pid N` (its number outside) when the machine is ready
set -euo pipefail

directory=$1 reaper=$2

# This /proc still counts as the outside does.
read -r outside _ </proc/self/stat
mount -t proc proc /proc
# A copy, for an overlay of an overlay is not to be had everywhere, and what is mounted in /etc would be missing.
mkdir -p "$directory/etc" "$directory/run"
cp -aL /etc/resolv.conf "$directory/resolv.conf" 2>/dev/null || true
cp -a /etc/. "$directory/etc/"
[ ! -e "$directory/resolv.conf" ] || { rm -f "$directory/etc/resolv.conf"; mv "$directory/resolv.conf" "$directory/etc/"; }
mount --bind "$directory/etc" /etc
mount --bind "$directory/run" /run
echo "pid $outside"
exec "$reaper" -- sleep infinity
