# SPDX-License-Identifier: BSD-2-Clause
"""Classic pcap files (not pcapng): Ethernet frames with times.

    frames = [f.data for f in pcapfile.read("in.pcap")]
    pcapfile.write("out.pcap", frames)
"""

import collections
import struct

ETHERNET = 1
SNAPLEN = 1 << 18

# time: seconds since 1970 (float); data: the captured bytes; length: as it was on the wire
Frame = collections.namedtuple("Frame", "time data length")

# magic as it stands in the file -> byte order and fraction of a second
_MAGICS = {b"\xd4\xc3\xb2\xa1": ("<", 1e-6), b"\xa1\xb2\xc3\xd4": (">", 1e-6),
           b"\x4d\x3c\xb2\xa1": ("<", 1e-9), b"\xa1\xb2\x3c\x4d": (">", 1e-9)}


def read(path):
    """All frames of @path; ValueError if it is no classic pcap file of Ethernet frames, or is
    cut off in the middle of one."""
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < 24 or data[:4] not in _MAGICS:
        raise ValueError(f"{path}: not a classic pcap file")
    order, unit = _MAGICS[data[:4]]
    link = struct.unpack(order + "I", data[20:24])[0] & 0xffff
    if link != ETHERNET:
        raise ValueError(f"{path}: link type {link}, not Ethernet")
    record = struct.Struct(order + "IIII")
    frames, at = [], 24
    while at < len(data):
        if at + record.size > len(data):
            raise ValueError(f"{path}: cut off at byte {at}")
        seconds, fraction, captured, length = record.unpack_from(data, at)
        at += record.size
        if at + captured > len(data):
            raise ValueError(f"{path}: cut off at byte {at}")
        frames.append(Frame(seconds + fraction * unit, data[at:at + captured], length))
        at += captured
    return frames


def write(path, frames, step=1e-6):
    """@frames: bytes (given times @step seconds apart, from 0) or Frame."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, SNAPLEN, ETHERNET))
        for number, frame in enumerate(frames):
            if not isinstance(frame, Frame):
                frame = Frame(number * step, bytes(frame), len(frame))
            micros = round(frame.time * 1e6)
            f.write(struct.pack("<IIII", micros // 1000000, micros % 1000000, len(frame.data),
                                frame.length))
            f.write(frame.data)
