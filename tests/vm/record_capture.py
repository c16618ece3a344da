#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Record tests/data/traffic.pcap: what a Linux kernel's own stack says over a wire.

In a guest, two network namespaces talk over a veth pair with all offloads off, so each frame is as
a wire would carry it. ARP, ICMP (also fragmented), TCP (HTTP downloads, one with loss, a refused
connection), UDP (small, full-sized, fragmented, to a closed port, DNS queries), IPv6 with neighbour
discovery. Needs socat besides what the test host needs.

usage: record_capture.py [FILE]
"""

import collections
import pathlib
import sys

import pcapfile
from testhost import TestHost

TARGET = pathlib.Path(__file__).resolve().parents[1] / "data" / "traffic.pcap"

SET_UP = r"""
for ns in a b; do
        ip netns add $ns
        ip netns exec $ns sysctl -qw net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.disable_ipv6=0
done
ip link add va netns a address 52:54:00:00:0a:01 type veth \
        peer name vb netns b address 52:54:00:00:0b:02
host=1
for side in a b; do
        in="ip netns exec $side"
        $in ip link set lo up
        $in ethtool -K v$side tx off rx off sg off tso off gso off gro off txvlan off rxvlan off
        $in ip addr add 192.0.2.$host/24 dev v$side
        $in ip -6 addr add 2001:db8::$host/64 dev v$side nodad
        $in ip link set v$side up
        host=2
done
mkdir -p /www
for size in 100 12000 20000 30000; do
        i=0
        while [ $i -lt $size ]; do echo "$size line $i of the page"; i=$((i + 50)); done |
                head -c $size >/www/$size
done
ip netns exec b httpd -f -p 80 -h /www >/dev/null 2>&1 &
for port in 7 53; do
        ip netns exec b socat UDP4-RECVFROM:$port,fork EXEC:cat >/dev/null 2>&1 &
done
ip netns exec b socat UDP6-RECVFROM:7,fork,ipv6only EXEC:cat >/dev/null 2>&1 &
sleep 3 # the multicast reports of a new interface are of no interest
"""

TALK = r"""
exec 2>&1
a="ip netns exec a"
get() { $a wget -q -O - "http://$1/$2" | cmp - /www/$2; }
udp() { head -c "$2" /www/12000 | $a socat -b 8000 -t 0.3 - "$1" | cmp -n "$2" - /www/12000; }

$a ping -q -c 5 -i 0.05 192.0.2.2
$a ping -q -c 3 -i 0.05 -s 1472 192.0.2.2
$a ping -q -c 2 -i 0.05 -s 4000 192.0.2.2
$a ping -q -c 3 -i 0.05 2001:db8::2
get 192.0.2.2 100
get 192.0.2.2 20000
get '[2001:db8::2]' 12000
for size in 1 18 512 1472 4000; do udp UDP4:192.0.2.2:7 $size; done
udp 'UDP6:[2001:db8::2]:7' 300
echo nobody listens | $a socat -t 0.3 - UDP4:192.0.2.2:9999
$a nc -w 1 192.0.2.2 81 </dev/null
for name in example.com www.example.org; do
        $a timeout 1 nslookup $name 192.0.2.2 >/dev/null
done
ip netns exec b tc qdisc add dev vb root netem loss 8% delay 2ms
get 192.0.2.2 30000
"""


def protocols(frames):
    """How many frames of each kind, by EtherType and IP protocol."""
    names = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 0: "ICMPv6", 44: "UDP"}
    found = collections.Counter()
    for f in frames:
        kind = f[12:14]
        if kind == b"\x08\x06":
            found["ARP"] += 1
        elif kind == b"\x08\x00":
            found[names.get(f[23], "other")] += 1
        elif kind == b"\x86\xdd":
            found[names.get(f[20], "other") + ("" if f[20] in (0, 58) else "/IPv6")] += 1
        else:
            found["other"] += 1
    return found


def main():
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    with TestHost(name="record", programs=("/usr/bin/socat",)) as vm:
        vm.ok(SET_UP, 60)
        # Not to the share: a file there could not be given away, as tcpdump wants to.
        dump = vm.spawn("ip netns exec a tcpdump -i va -s 0 -U -B 8192 -w - >/host/all.pcap")
        dump.wait_output("listening")
        print(vm.run(TALK, 120).out)
        vm.run("sleep 1")
        dump.kill("INT")
        said = dump.wait(10).out
        if "\n0 packets dropped by kernel" not in said:
            sys.exit(f"tcpdump missed frames: {said}")
        # A NIC fills short frames up to 60 bytes when it sends them; veth does not.
        frames = [f._replace(data=f.data.ljust(60, b"\0"), length=max(f.length, 60))
                  for f in pcapfile.read(vm.share / "all.pcap")]
    target.parent.mkdir(exist_ok=True)
    pcapfile.write(target, frames)
    print(f"{target}: {len(frames)} frames, {target.stat().st_size} bytes")
    print(", ".join(f"{n} {kind}" for kind, n in protocols(f.data for f in frames).most_common()))


if __name__ == "__main__":
    main()
