#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian's own kernel of a release, ready for QEMU and never installed:
#   test/vm/kernel.sh SUITE     prints the directory that has it: vmlinuz, initramfs, lib/modules/VERSION, busybox
# Or `. test/vm/kernel.sh` and call stock_kernel. It stays in .cache/vm; remove that for a newer one.
set -uo pipefail

vm_root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
# What `init` needs to reach the machine's own files. The kernel finds all others in lib/modules by itself.
vm_modules='virtio_pci 9pnet_virtio 9p overlay'

vm_fail() { echo "vm: $*" >&2; return 1; }

stock_kernel() {
  local suite=$1 directory=$vm_root/.cache/vm/$1
  mkdir -p "$vm_root/.cache/vm" || return
  # Two who start together prepare it once.
  (flock 8 && prepare_kernel "$suite" "$directory") 8>"$vm_root/.cache/vm/$suite.lock" >&2 || return
  make_initramfs "$directory" || return
  echo "$directory"
}

# The directory gets its name when it is complete.
prepare_kernel() {
  local suite=$1 directory=$2 scratch=$2.new package
  [ -e "$directory/vmlinuz" ] && return
  . "$vm_root/test/archive/fetch.sh"
  package=$(debian_depends "$suite" linux-image-amd64 | grep -m 1 '^linux-image-[0-9].*amd64$') ||
    { vm_fail "$suite has no linux-image-amd64"; return 1; }
  echo "vm: fetching $package of $suite"
  rm -rf "$scratch" "$directory"
  debian_unpack "$suite" "$scratch/files" "$package" busybox-static || return
  mv "$scratch"/files/boot/vmlinuz-* "$scratch/vmlinuz" && mkdir "$scratch/lib" &&
    mv "$(find "$scratch/files" -path '*/bin/busybox' -type f)" "$scratch/busybox" || return
  # Where /usr is merged at the archive's side already, the modules are under usr/lib.
  mv "$scratch"/files/lib/modules "$scratch/lib/" 2>/dev/null || mv "$scratch"/files/usr/lib/modules "$scratch/lib/" || return
  rm -rf "$scratch/files"
  depmod -b "$scratch" "$(module_version "$scratch")" || return
  mv "$scratch" "$directory"
}

module_version() { ls "$1/lib/modules"; }

# Made anew each time, which takes a moment: `init` may have changed. Busybox reads no compressed modules.
make_initramfs() {
  local directory=$1 scratch order=0 path name
  scratch=$(mktemp -d "$directory/initramfs.XXXXXX") || return
  mkdir -p "$scratch/modules" && cp "$directory/busybox" "$scratch/busybox" && cp "$vm_root/test/vm/init" "$scratch/init" || return
  while read -r path; do
    order=$((order + 1)) name=$(basename "${path%.xz}")
    case $path in *.xz) "$directory/busybox" xz -dc "$path" ;; *) cat "$path" ;; esac >"$scratch/modules/$(printf '%03d' "$order")-$name" || return
  done < <(needed_modules "$directory")
  [ "$order" -gt 0 ] || { vm_fail "$directory/lib/modules has no module $vm_modules"; return 1; }
  (cd "$scratch" && find . | "$directory/busybox" cpio -o -H newc 2>/dev/null) >"$directory/initramfs.new" &&
    mv "$directory/initramfs.new" "$directory/initramfs" || return
  rm -rf "$scratch"
}

# Paths, dependencies first. What is built into this kernel is not among them.
needed_modules() {
  local module
  for module in $vm_modules; do
    modprobe -d "$1" -S "$(module_version "$1")" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
  done | awk '!seen[$0]++'
}

[ "${BASH_SOURCE[0]}" != "$0" ] || stock_kernel "${1:?which suite of Debian? bookworm or trixie}"
