"""Attacks that speak to somebody: over addresses, sockets in the file system, and raw packets."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import Attack, Evidence, every, hears_nothing, refused
from attacks.stage import Stage

_SAY = """
def say(family, kind, address, protocol=0):
    with socket.socket(family, kind, protocol) as s:
        s.settimeout(0.3)
        s.connect(tuple(address) if isinstance(address, list) else address)
        s.send(T["token"].encode())
"""


def _names_no_interface(evidence: Evidence) -> str:
    """Nothing but the loopback interface may be seen."""
    import socket

    names = [name for _, name in socket.if_nameindex() if name != "lo"]
    shown = [name for name in names if name in evidence.outcome.stdout]
    return f"interfaces were seen: {shown}" if shown else ""


ATTACKS = (
    Attack(
        "tcp-to-loopback",
        _SAY
        + """
attempt("connect", say, socket.AF_INET, socket.SOCK_STREAM, T["tcp"])
attempt("by name", lambda: socket.create_connection(("localhost", T["tcp"][1]), 0.3))
attempt("without blocking", lambda: socket.socket().connect_ex(tuple(T["tcp"])) and socket.socket().connect(tuple(T["tcp"])))
""",
        hears_nothing,
        tries=3,
        bait=Stage.listeners,
    ),
    Attack(
        "tcp-to-loopback-6",
        _SAY
        + """
attempt("connect", say, socket.AF_INET6, socket.SOCK_STREAM, T.get("tcp6", ["::1", 9]))
attempt("mapped", say, socket.AF_INET6, socket.SOCK_STREAM, ["::ffff:127.0.0.1", T["tcp"][1]])
""",
        hears_nothing,
        tries=2,
        bait=Stage.listeners,
    ),
    Attack(
        "tcp-to-the-machine",
        _SAY
        + """
for address in [*T["addresses"], "0.0.0.0", "127.1.2.3"]:
    attempt(address, say, socket.AF_INET, socket.SOCK_STREAM, [address, T["any"][1]])
""",
        hears_nothing,
        tries=2,
        bait=Stage.listeners,
    ),
    Attack(
        "tcp-without-connecting",
        """
def fast_open():
    with socket.socket() as s:
        s.settimeout(0.3)
        s.sendto(T["token"].encode(), 0x20000000, tuple(T["tcp"]))

attempt("fast open", fast_open)

def many_paths():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as s:
        s.settimeout(0.3)
        s.connect(tuple(T["tcp"]))

attempt("multipath", many_paths)
""",
        hears_nothing,
        tries=2,
        bait=Stage.listeners,
    ),
    Attack(
        "udp",
        _SAY
        + """
attempt("connect", say, socket.AF_INET, socket.SOCK_DGRAM, T["udp"])
attempt("sendto", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", tuple(T["udp"])))
attempt("six", say, socket.AF_INET6, socket.SOCK_DGRAM, T.get("udp6", ["::1", 9]))
""",
        hears_nothing,
        tries=3,
        bait=Stage.listeners,
    ),
    Attack(
        "name-service",
        """
query = b"\\x12\\x34\\x01\\0\\0\\1\\0\\0\\0\\0\\0\\0\\x06canary\\x04test\\0\\0\\1\\0\\1"
def ask():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        s.sendto(query, tuple(T["udp"]))

attempt("query", ask)

def route():
    # No packet is sent by this: it only asks whether a name server could be reached.
    for line in open("/etc/resolv.conf"):
        if line.startswith("nameserver"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.connect((line.split()[1], 53))
                return "routed"
    raise OSError(errno.ENOENT, "no name server")

attempt("resolver", route)
""",
        every(hears_nothing, refused),
        tries=2,
        bait=Stage.listeners,
    ),
    Attack(
        "link-local-and-far-addresses",
        """
def route(family, address):
    # Connecting a datagram socket sends nothing: it only asks for a route.
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.connect(address)

attempt("metadata", route, socket.AF_INET, ("169.254.169.254", 80))
attempt("far", route, socket.AF_INET, ("192.0.2.77", 9))
attempt("multicast", route, socket.AF_INET, ("224.0.0.251", 5353))
attempt("link-local 6", route, socket.AF_INET6, ("fe80::1", 80, 0, 2))
""",
        refused,
        tries=4,
    ),
    Attack(
        "sockets-in-the-file-system",
        _SAY
        + """
attempt("stream", say, socket.AF_UNIX, socket.SOCK_STREAM, T["unix"])
attempt("datagram", say, socket.AF_UNIX, socket.SOCK_DGRAM, T["unix_datagram"])
def by_link():
    os.symlink(T["unix"], "agent")
    say(socket.AF_UNIX, socket.SOCK_STREAM, "agent")
attempt("by a link", by_link)
attempt("sendto", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", T["unix_datagram"]))
""",
        hears_nothing,
        tries=4,
        bait=Stage.listeners,
    ),
    Attack(
        "abstract-sockets",
        _SAY
        + """
attempt("stream", say, socket.AF_UNIX, socket.SOCK_STREAM, "\\0" + T["abstract"])
attempt("datagram", say, socket.AF_UNIX, socket.SOCK_DGRAM, "\\0" + T["abstract_datagram"])
attempt("sendto", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", "\\0" + T["abstract_datagram"]))
""",
        hears_nothing,
        tries=3,
        bait=Stage.listeners,
    ),
    Attack(
        "raw-packets",
        """
attempt("icmp", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).sendto(b"\\x08" * 8, ("127.0.0.1", 0)))
attempt("ping", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1).connect(("127.0.0.1", 0)))
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW, 0x300).close())
""",
        refused,
        tries=3,
    ),
    Attack(
        "other-families",
        """
for name, number in (("vsock", 40), ("alg", 38), ("bluetooth", 31), ("can", 29), ("tipc", 30),
                     ("key", 15), ("rds", 21), ("xdp", 44), ("qipcrtr", 42), ("smc", 43)):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        attempt(f"{name} {kind}", lambda: socket.socket(number, kind).close())
""",
        refused,
        tries=40,
    ),
    Attack(
        "interfaces",
        """
attempt("index", lambda: print(socket.if_nameindex()))

def ask():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.bind((0, 0))
        s.send(b"\\x14\\0\\0\\0\\x12\\0\\x01\\x03\\x01\\0\\0\\0\\0\\0\\0\\0\\x11\\0\\0\\0")
        s.settimeout(0.3)
        print(s.recv(1 << 16))

attempt("netlink", ask)
attempt("file", lambda: print(text_of("/proc/net/dev")))
attempt("sysfs", lambda: print(os.listdir("/sys/class/net")))
""",
        _names_no_interface,
        tries=4,
    ),
    Attack(
        "answering-a-caller",
        """
def answer():
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("0.0.0.0", T["port"]))
        s.listen(8)
        s.settimeout(0.5)
        caller, _ = s.accept()
        caller.sendall(T["token"].encode())
        time.sleep(0.1)

attempt("listen", answer)
""",
        hears_nothing,
        bait=Stage.caller,
    ),
)
"""All of this group."""
