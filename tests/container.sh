#!/usr/bin/env bash
# Boots a systemd of its own in a container, installs the package there, and looks at the service from outside: with nginx
# for feeds, Postfix for mails, and no network but the container's loopback.
#
#   tests/container.sh [PACKAGE.deb]
#
# Needs root, systemd-container and debootstrap; where they are missing it says so and ends with 77. The Debian tree is
# made once, into target/container; each run works on a layer in memory above it. tests/container/probe.sh is what runs
# inside; it prints a line for each thing it has looked at.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { echo "container test: NOT run, $1"; exit 77; }

[ "$(id -u)" = 0 ] || skip "it needs root"
for program in systemd-nspawn debootstrap dpkg-deb; do
    command -v "$program" >/dev/null || skip "there is no $program (apt-get install systemd-container debootstrap dpkg)"
done
grep -qw overlay /proc/filesystems || skip "this kernel has no overlay file system"

place=$PWD/target/container
tree=$place/root
mkdir -p "$place"
if [ ! -e "$place/complete" ]; then
    rm -rf "$tree"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,procps,nginx-light,postfix \
        bookworm "$tree" >"$place/debootstrap.log" 2>&1 || skip "debootstrap failed, see $place/debootstrap.log"
    touch "$place/complete"
fi

# Where not even this starts, it is the machine that allows no containers.
systemd-nspawn --quiet -D "$tree" --volatile=overlay --register=no --keep-unit --private-network /bin/true \
    >"$place/console.log" 2>&1 </dev/null || skip "no container can be started here, see $place/console.log"

package=${1:-}
[ -n "$package" ] || package=$(packaging/build)
run=$(mktemp -d "$place/run.XXXXXX")
trap 'rm -rf "$run"' EXIT
mkdir "$run/units" "$run/probe" "$run/out"
cp tests/container/* "$run/probe/"
cp "$package" "$run/probe/tollwatch.deb"
# The probe is started by the container's own systemd, and nothing that waits for a person is.
cat >"$run/units/probe.service" <<'UNIT'
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/bash /run/probe/probe.sh
ExecStopPost=-/bin/sh -c "systemctl poweroff --no-block 2>/dev/null"
StandardOutput=append:/run/out/log
StandardError=append:/run/out/log
TimeoutStartSec=380
UNIT
mkdir "$run/units/multi-user.target.wants"
ln -s ../probe.service "$run/units/multi-user.target.wants/probe.service"
for unit in systemd-firstboot console-getty getty.target systemd-networkd nginx postfix apt-daily.timer; do
    case $unit in *.*) ;; *) unit=$unit.service ;; esac
    ln -s /dev/null "$run/units/$unit"
done
rm "$run/units/nginx.service" "$run/units/postfix.service"

timeout --kill-after=10 400 systemd-nspawn --quiet -D "$tree" --volatile=overlay --register=no --keep-unit --boot \
    --private-network --bind-ro="$run/units:/run/systemd/system" --bind-ro="$run/probe:/run/probe" \
    --bind="$run/out:/run/out" systemd.firstboot=off >"$place/console.log" 2>&1 </dev/null ||
    echo "the container ended with $?, see $place/console.log"
cp "$run/out/"* "$place/" 2>/dev/null || true
[ -s "$run/out/log" ] || skip "no systemd came up in the container, see $place/console.log"
cat "$run/out/log"
# This line says that the probe has come to its end, and how many things were not as they should be.
grep -q '^[0-9]* s: [0-9]* checks passed, 0 failed$' "$run/out/log"
