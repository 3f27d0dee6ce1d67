#!/bin/busybox sh
# The guest's first process: the host's root directory as ours, read only with RAM on top, then one command.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
. /job/env
for m in $EARLY; do insmod /mod/$m.ko || echo "lab: insmod $m failed"; done
opt=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o $opt,ro,cache=loose root /lower || { echo "lab: no root"; poweroff -f; }
mount -t tmpfs -o size=75% tmp /rw; mkdir /rw/up /rw/work
mount -t overlay -o lowerdir=/lower,upperdir=/rw/up,workdir=/rw/work root /new
for d in proc sys dev; do mount -o bind /$d /new/$d; done
mkdir -p /new/dev/pts /new/dev/shm /new/run /new/lib/modules
mount -t devpts pts /new/dev/pts; mount -t tmpfs shm /new/dev/shm; mount -t tmpfs run /new/run
mount -o bind "/new$MODULES" /new/lib/modules
# An archive on tmpfs: the overlay has no hard links to files of the lower layer, and /tmp may be the host's.
mkdir -p /new/run/scratch; mount -t tmpfs -o size=75%,mode=1777 scratch /new/run/scratch
i=0; while read -r d; do mount -t 9p -o $opt,cache=none share$i "/new$d" || echo "lab: no $d"; i=$((i+1)); done </job/shares
mkdir -p /new/run/lab; cp /bin/busybox /new/run/lab/busybox
for n in modprobe rmmod insmod lsmod; do ln -s busybox /new/run/lab/$n; done
cp /job/lab-ctl /job/run /new/run/lab/; chmod +x /new/run/lab/*
echo /run/lab/modprobe >/proc/sys/kernel/modprobe
ip link set lo up
for p in /sys/class/virtio-ports/*; do ln -s /dev/${p##*/} "/new/run/lab/port.$(cat $p/name)"; done
chroot /new /run/lab/modprobe -a $LATE
# What is plugged in from the start has settled once the number of devices stops changing.
n=-1; while m=$(ls /sys/bus/usb/devices | wc -l); [ $m != $n ] || [ $m -lt $DEVICES ] || [ $(ls /sys/block | grep -c ^sd) -lt $DISKS ]; do
    n=$m; sleep 0.1; [ $((k=k+1)) -gt 100 ] && break; done
echo "lab: ready at $(cut -d' ' -f1 /proc/uptime)" >/dev/kmsg
chroot /new /bin/sh /run/lab/run >/new/run/lab/port.out 2>&1 </dev/null
rc=$?; sync
echo "exit $rc" >/new/run/lab/port.ctl
sleep 5; poweroff -f
