#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `nftoggle install` and `nftoggle uninstall`: units of systemd that shut the guarded ports from early boot on. Needs
# bash, nft and systemd only: where the daemons run in containers, the machine itself has nothing else of ours.
set -uo pipefail

checkout=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

units=/etc/systemd/system
boot_unit=$units/nftoggle-boot.service
up_unit=$units/nftoggle.service
mark='# Written by `nftoggle install`; `nftoggle uninstall` removes it.'
default_state=/var/lib/nftoggle
default_config=/etc/nftoggle

install_help() {
  cat <<'TEXT'
Usage: nftoggle install [options]

Has systemd shut the guarded ports at each boot before the network is up, and run `nftoggle up` (as root).
Nothing is guarded or opened by it now.

Options:
  --boot-only      only shut the ports: somebody else starts nftoggle, such as Docker
  --state <dir>    keep all state in this directory (default: /var/lib/nftoggle); with --boot-only the place
                   where the interceptor's state is on this machine, such as that of the volume
  --config <file>  the configuration that `up` reads (default: /etc/nftoggle/nftoggle.yml, or in --state)
  --root <dir>     install into this directory tree, for an image: it need not be a running system
  -h, --help       display help for command
TEXT
}

uninstall_help() {
  cat <<'TEXT'
Usage: nftoggle uninstall [options]

Stops what `nftoggle install` installed and removes it (as root). Configuration, state and a guard that is loaded
stay; it says where.

Options:
  --purge          remove those as well: nothing of nftoggle is left, the checkout excepted
  --state <dir>    where the state is, if not where `install` was told
  --root <dir>     uninstall from this directory tree
  -h, --help       display help for command
TEXT
}

say() { echo "$*"; }
fail() { echo "nftoggle: $2" >&2; exit "$1"; }

action=${1-} boot_only=no purge=no state='' config='' tree='' offline=no
[ $# -gt 0 ] && shift

# Sets the variable of an option that takes a value.
take() {
  [ -n "$3" ] || fail 2 "$action: $2 needs a value"
  printf -v "$1" %s "$3"
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $action:$1 in
      *:-h | *:--help) "${action}_help"; exit 0 ;;
      install:--boot-only) boot_only=yes ;;
      uninstall:--purge) purge=yes ;;
      *:--state | *:--root | install:--config) set -- "$1=${2-}" "${@:3}"; continue ;;
      *:--state=*) take state --state "${1#*=}" ;;
      *:--root=*) take tree --root "${1#*=}"; offline=yes ;;
      install:--config=*) take config --config "${1#*=}" ;;
      *) fail 2 "$action does not know \"$1\", so nothing was done (\`nftoggle $action --help\`)" ;;
    esac
    shift
  done
  [ "$boot_only" = no ] || [ -z "$config" ] || fail 2 'install --boot-only starts nothing that reads --config'
}

# What stands in a unit must mean itself there: no blank, no quote, no `%`, no `$`.
plain_path() {
  local path
  path=$(realpath -sm -- "$2") || exit 2
  [[ $path =~ ^/[A-Za-z0-9_./@:+,=-]*$ ]] ||
    fail 2 "$1 is $path, which a unit of systemd cannot name: use letters, digits and _./@:+,=- only"
  echo "$path"
}

resolve_paths() {
  ! is_offline || { [ -d "$tree" ] || fail 2 "there is no directory $tree"; tree=$(realpath -- "$tree"); }
  [ "$tree" != / ] || tree=''
  [ -z "$state" ] || state=$(plain_path --state "$state") || exit
  [ -z "$config" ] || config=$(plain_path --config "$config") || exit
}

check_machine() {
  is_offline && return
  [ "$EUID" = 0 ] || fail 3 "\`$action\` changes what runs at boot and needs root: run it with sudo"
  [ -d /run/systemd/system ] ||
    fail 3 "systemd does not run this machine, so \`$action\` can do nothing here. For another init: load <state>/interceptor/boot.nft with \`nft -f\` before the network is up. For a directory tree: --root <dir>"
  command -v nft >/dev/null || fail 3 'there is no command nft (Debian package nftables), which loads the guard at boot'
}

# A tree may be the whole machine, before systemd runs it.
is_offline() { [ "$offline" = yes ]; }

is_ours() { grep -qxF "$mark" "$tree$1" 2>/dev/null; }

refuse_foreign() {
  [ ! -e "$tree$1" ] && [ ! -L "$tree$1" ] || is_ours "$1" ||
    fail 3 "$tree$1 is there, and not from \`nftoggle install\`: nothing was changed"
}

# Where a command is on the machine that is installed into.
path_of() {
  local found=''
  is_offline || found=$(command -v "$1")
  echo "${found:-/usr/$2/$1}"
}

# Every `systemctl start` pulls in what sysinit.target wants and is not active: this must do nothing then, for it
# would cut who is connected. It comes before sysinit.target, so that one is not active only while the machine boots.
# However long it takes, the network waits: a deadline would open what is to be shut.
# Where a table is already, somebody lives who knows more; where the mark of `panic` is, the owner wants it open.
boot_text() {
  local nft systemctl script=$state/interceptor/boot.nft
  nft=$(path_of nft sbin) systemctl=$(path_of systemctl bin)
  cat <<TEXT
$mark
[Unit]
Description=nftoggle: guarded ports shut from boot on
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target sysinit.target shutdown.target
After=nftables.service
Conflicts=shutdown.target
RequiresMountsFor=$state/interceptor
ConditionPathExists=$script

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c '$systemctl -q is-active sysinit.target || $nft list table inet nftoggle >/dev/null 2>&1 || $nft list table inet nftoggle-panic >/dev/null 2>&1 || exec $nft -f $script'
StandardInput=null
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
RestrictAddressFamilies=AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native

[Install]
WantedBy=sysinit.target

[X-nftoggle]
State=$state
TEXT
}

# The order with nftoggle-boot.service matters, and it must not be wanted: started later than at boot it would be too
# late. `up` needs no network to guard, and what it is asked about may come from the LAN alone: it waits for none.
# A clean end, which only SIGTERM and SIGINT bring, is somebody's wish: `nftoggle down`. Its children end in order, each
# within 7 s; the rest is killed.
up_text() {
  local arguments=up
  [ "$state" = "$default_state" ] || arguments="$arguments --state $state"
  [ -z "$config" ] || arguments="$arguments --config $config"
  cat <<TEXT
$mark
[Unit]
Description=nftoggle: ports invisible until a connection is authorised
After=nftoggle-boot.service nftables.service
RequiresMountsFor=$state $checkout
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=$checkout/nftoggle $arguments
ExecReload=/bin/kill -HUP \$MAINPID
Restart=always
RestartSec=2
RestartPreventExitStatus=0
KillMode=mixed
TimeoutStopSec=60

[Install]
WantedBy=multi-user.target
TEXT
}

# Whole or not at all.
write_unit() {
  mkdir -p "$tree$units" && cat >"$tree$1.new" && chmod 644 "$tree$1.new" && mv -f "$tree$1.new" "$tree$1" ||
    fail 1 "$tree$1 could not be written (see above)"
}

# In a tree there is nobody to ask: the same links that `systemctl enable` makes.
enable_unit() {
  local unit=${1##*/}
  if ! is_offline; then
    systemctl enable --quiet "$unit" || fail 1 "systemctl could not enable $unit (see above)"
  else
    mkdir -p "$tree$units/$2.wants" && ln -sfn "$1" "$tree$units/$2.wants/$unit" || fail 1 "$unit could not be enabled (see above)"
  fi
}

install() {
  state=${state:-$default_state}
  plain_path 'the state directory' "$state" >/dev/null || exit
  [ "$boot_only" = yes ] || plain_path 'the checkout' "$checkout" >/dev/null || exit
  [ "$boot_only" = no ] || is_offline || [ -d "$state" ] ||
    fail 3 "there is no directory $state: with --boot-only, --state says where the interceptor's state is on this machine"
  refuse_foreign "$boot_unit"
  [ "$boot_only" = yes ] || refuse_foreign "$up_unit"
  boot_text | write_unit "$boot_unit"
  [ "$boot_only" = yes ] || up_text | write_unit "$up_unit"
  is_offline || systemctl daemon-reload || fail 1 'systemctl could not reload the units (see above)'
  enable_unit "$boot_unit" sysinit.target
  [ "$boot_only" = yes ] || enable_unit "$up_unit" multi-user.target
  tell_installed
}

tell_installed() {
  local script=$state/interceptor/boot.nft
  say "installed $tree$boot_unit: before the network is up, each boot loads $script, which shuts the guarded ports."
  is_offline || [ -e "$script" ] ||
    say 'That file is not there yet: the interceptor writes it when it guards; until then a boot shuts nothing.'
  if [ "$boot_only" = yes ]; then
    say 'Not installed: what starts nftoggle itself. Somebody else has to, at each boot.'
    ! is_ours "$up_unit" || say "$tree$up_unit is there from before and was left alone: \`nftoggle uninstall\` removes it."
  else
    say "installed $tree$up_unit: each boot runs \`$checkout/nftoggle up\`."
  fi
  is_offline && return
  if [ "$boot_only" = yes ]; then
    say 'Nothing was started or guarded now.'
  else
    say 'Nothing was started or guarded now: `systemctl start nftoggle` does (`nftoggle down` first, if `up` runs).'
  fi
}

# What `install` was told.
installed_state() { sed -n 's/^State=//p' "$tree$boot_unit" 2>/dev/null; }

# Of a network namespace there is one; it holds this abstract socket while it lives.
interceptor_lives() { ! is_offline && grep -qF '@nftoggle-interceptor' /proc/net/unix; }

# It would put back what is removed.
refuse_living() {
  [ "$has_up" = no ] || is_offline || systemctl stop "${up_unit##*/}" || fail 1 "${up_unit##*/} could not be stopped (see above)"
  ! interceptor_lives ||
    fail 3 'nftoggle still runs here, so nothing was removed: stop it first (`nftoggle down`, `docker compose down`)'
}

remove_unit() {
  local unit=${1##*/}
  is_ours "$1" || return 0
  if ! is_offline; then
    systemctl disable --quiet --now "$unit" || fail 1 "systemctl could not stop and disable $unit (see above)"
    systemctl reset-failed "$unit" 2>/dev/null
  fi
  rm -f "$tree$1" "$tree$units/$2.wants/$unit" || fail 1 "$tree$1 could not be removed (see above)"
  rmdir "$tree$units/$2.wants" 2>/dev/null
  say "removed $tree$1"
}

uninstall() {
  local has_up=no
  refuse_foreign "$boot_unit"
  refuse_foreign "$up_unit"
  is_ours "$up_unit" && has_up=yes
  state=${state:-$(installed_state)}
  state=${state:-$default_state}
  [ "$purge" = no ] || refuse_living
  remove_unit "$up_unit" multi-user.target
  remove_unit "$boot_unit" sysinit.target
  is_offline || systemctl daemon-reload
  rm -f "$tree$state/interceptor/boot.nft"{,.new}
  rmdir "$tree$state/interceptor" 2>/dev/null
  if [ "$purge" = yes ]; then purge; else tell_left; fi
}

# What daemons and `up` keep there. Of a directory that was named to us, no more than this goes.
state_entries='interceptor secrets keys run log nats nats.conf nats.port nats.pid stats wol hooks api nftoggle.yml'

purge() {
  local entry
  if [ "$state" = "$default_state" ]; then
    rm -rf -- "$tree$state"
  else
    for entry in $state_entries; do rm -rf -- "$tree$state/$entry"; done
    # The place of a volume is its engine's.
    [ "$has_up" = no ] || rmdir "$tree$state" 2>/dev/null
  fi
  rm -rf -- "$tree$default_config"
  is_offline || { rm -rf -- /run/nftoggle; remove_tables; }
  say 'removed configuration, state and guard: nothing of nftoggle is left on this machine but its checkout.'
  [ ! -e "$tree$state" ] || say "left in place: $tree$state ($(ls -A "$tree$state" | wc -l) entries that are not nftoggle's)"
}

# One transaction; "add" before "delete" makes the delete right whether or not the table is there.
remove_tables() {
  nft -f - <<'NFT' || fail 1 'the guard could not be removed (see above)'
add table inet nftoggle
delete table inet nftoggle
add table inet nftoggle-panic
delete table inet nftoggle-panic
NFT
}

tell_left() {
  local path
  for path in "$default_config" "$state"; do
    [ ! -e "$tree$path" ] || say "left in place: $tree$path (\`nftoggle uninstall --purge\` removes it)"
  done
  is_offline && return
  if interceptor_lives; then
    say 'nftoggle still runs and guards; only the next boot is without it.'
  elif nft list table inet nftoggle >/dev/null 2>&1; then
    say 'The guard is still loaded: guarded ports stay shut until `nftoggle panic`, or until the machine boots.'
  fi
}

case $action in install | uninstall) ;; *) fail 2 'install.sh is called by `nftoggle install` and `nftoggle uninstall`' ;; esac
read_arguments "$@"
resolve_paths
check_machine
"$action"
