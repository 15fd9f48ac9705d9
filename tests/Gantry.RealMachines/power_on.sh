#!/bin/sh
# power_on.sh NAME FOLDER ROOT BRIDGE [SECOND]: boots a machine and ends when the machine is off. What it writes goes to FOLDER/disk, over
# ROOT. With SECOND the machine has an interface prod-NAME on that bridge too.
# Runs in namespaces of its own (unshare --mount --pid --fork --kill-child): nothing stays mounted, and the machine dies with unshare.
set -eu
name="$1" folder="$2" root="$3" bridge="$4" second="${5:-}"
mkdir -p "$folder/disk" "$folder/work" "$folder/root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$folder/disk,workdir=$folder/work" "$folder/root"
# Without systemd on the host nobody makes a control group for the machine, and two machines would share one.
if [ ! -d /run/systemd/system ]; then
    for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
        if [ -e "$hierarchy/cgroup.procs" ] && [ ! -e "$hierarchy/cpuset.cpus" ]; then
            mkdir -p "$hierarchy/gantry-$name"
            echo $$ > "$hierarchy/gantry-$name/cgroup.procs" || true
        fi
    done
    set -- --keep-unit --register=no
else
    set --
fi
if [ -n "$second" ]; then
    # systemd-nspawn makes the pair of interfaces and leaves the host's end to others.
    ( until ip link set "vp-$name" master "$second" up 2>/dev/null; do sleep 0.1; done ) &
    set -- "$@" --network-veth-extra="vp-$name:prod-$name"
fi
exec systemd-nspawn --quiet "$@" --machine="$name" --directory="$folder/root" --boot --network-bridge="$bridge" \
    --resolv-conf=off --timezone=off --link-journal=no --console=pipe </dev/null
