# SPDX-License-Identifier: MIT
"""Reads UDP frames off a wire, by its own understanding of Ethernet, IP and magic packets.

frame-reader.fixture.py INTERFACE MAC

Prints `armed`, then one JSON line for each UDP datagram to port 7 or 9: where it went on the wire and in IP, and
whether its whole payload is a magic packet for MAC. Ends when its input does.
"""
import json
import select
import socket
import struct
import sys

interface, mac = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", ""))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((interface, 0))
print("armed", flush=True)


def datagram(frame):
    kind = struct.unpack("!H", frame[12:14])[0]
    packet = frame[14:]
    if kind == 0x0800 and packet[9] == 17:
        header = (packet[0] & 15) * 4
        source, target = packet[12:16], packet[16:20]
        return socket.AF_INET, source, target, packet[header:]
    if kind == 0x86DD and packet[6] == 17:
        return socket.AF_INET6, packet[8:24], packet[24:40], packet[40:]
    return None


while True:
    ready, _, _ = select.select([wire, sys.stdin], [], [])
    if sys.stdin in ready and not sys.stdin.readline():
        break
    if wire not in ready:
        continue
    frame = wire.recv(2048)
    found = datagram(frame)
    if found is None:
        continue
    family, source, target, udp = found
    port, length = struct.unpack("!HH", udp[2:6])
    if port not in (7, 9):
        continue
    payload = udp[8:length]
    whole = len(payload) == 102 and payload[:6] == b"\xff" * 6 and payload[6:] == mac * 16
    line = {
        "ether": frame[:6].hex(":"),
        "from": socket.inet_ntop(family, source),
        "to": socket.inet_ntop(family, target),
        "port": port,
        "magic": whole,
    }
    print(json.dumps(line), flush=True)
