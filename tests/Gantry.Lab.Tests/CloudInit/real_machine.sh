#!/bin/sh
# real_machine.sh USER_DATA: one first boot of the installed cloud-init in a systemd-nspawn machine over this host's root.
# Prints "file MODE OWNER:GROUP SHA256 PATH" for each file that the boot left outside of cloud-init's own folders, and the lines
# of /var/log/order. Needs root. Nothing on the host is changed: what the machine writes goes to a tmpfs.
set -eu
here="$(mktemp -d)"
finish() { cd /; umount "$here/state/root" 2>/dev/null || true; umount "$here/state" 2>/dev/null || true; rmdir "$here/state" "$here" || true; }
trap finish EXIT
mkdir "$here/state"
mount -t tmpfs tmpfs "$here/state"
mkdir "$here/state/upper" "$here/state/work" "$here/state/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$here/state/upper,workdir=$here/state/work" "$here/state/root"
root="$here/state/root"
rm -rf "$root/var/lib/cloud" "$root/var/log/order"
seed="$root/var/lib/cloud/seed/maas"
mkdir -p "$seed/meta-data"
cp "$1" "$seed/user-data"
printf '4y3h7n' > "$seed/meta-data/instance-id"
printf 'node-01' > "$seed/meta-data/local-hostname"
printf 'datasource_list: [MAAS]\nnetwork: {config: disabled}\nusers: []\ncloud_init_modules: [bootcmd, write-files]\ncloud_config_modules: [runcmd]\ncloud_final_modules: [write-files-deferred, scripts-user]\n' > "$root/etc/cloud/cloud.cfg"
rm -f "$root"/etc/cloud/cloud.cfg.d/*
systemd-nspawn --quiet --register=no --keep-unit --as-pid2 --private-network --directory="$root" /bin/sh -c \
    'cloud-init init --local >&2; cloud-init init >&2; cloud-init modules --mode=config >&2; cloud-init modules --mode=final >&2' >"$here/state/log" 2>&1 </dev/null || true
cd "$here/state/upper"
find etc/gantry -type f 2>/dev/null | sort | while read -r path; do
    echo "file $(stat -c '%a %U:%G' "$path") $(sha256sum "$path" | cut -d' ' -f1) /$path"
done
sed 's/^/order /' "$root/var/log/order" 2>/dev/null || true
