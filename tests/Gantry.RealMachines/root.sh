#!/bin/sh
# root.sh FOLDER: makes the file system that all machines start from: Debian with systemd and cloud-init, as a folder. Needs root, the
# network once, and mmdebstrap. The name of FOLDER changes with this file, so a root that is there is the right one.
set -eu
[ -d "$1" ] && exit 0
mkdir -p "$(dirname "$1")"
rm -rf "$1.tmp"
mmdebstrap --quiet --variant=minbase \
    --include=systemd,systemd-sysv,dbus,cloud-init,python3,iproute2,kmod,procps,openssl,ca-certificates \
    bookworm "$1.tar" "${GANTRY_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >&2
mkdir "$1.tmp"
tar -xf "$1.tar" -C "$1.tmp" --exclude='./dev/*'
rm "$1.tar"
cd "$1.tmp"
# As MAAS leaves a machine: networkd, a journal that lasts, no name yet. Timers only cost time.
ln -sf /lib/systemd/system/systemd-networkd.service etc/systemd/system/multi-user.target.wants/
mkdir -p etc/systemd/system/network-online.target.wants var/log/journal
ln -sf /lib/systemd/system/systemd-networkd-wait-online.service etc/systemd/system/network-online.target.wants/
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer console-getty.service; do
    ln -sf /dev/null "etc/systemd/system/$unit"
done
rm -f etc/machine-id etc/hostname
echo uninitialized > etc/machine-id
printf '/swap.img none swap sw 0 0\n' > etc/fstab
mv "$1.tmp" "$1"
