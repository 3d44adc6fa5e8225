"""What is not TLS 1.3 at all, or breaks off: seen from bare sockets and from a program that only
speaks TLS 1.2."""

import contextlib
import signal
import socket
import threading

from openssl_peer import OpenSsl
from processes import LIMIT, Failed, expect, listening_port
from sides import (LOCAL, NETWORK, PROTOCOL, REJECTED_BY_PEER, TAMPERED, Server, Side,
                   client_failed, connect, still_serving)

# RFC 9846 §6.2
ALERTS = {"unexpected_message": 10, "record_overflow": 22, "decode_error": 50,
          "illegal_parameter": 47, "protocol_version": 70, "user_canceled": 90}

# A TLS 1.2 ServerHello: what a server answers that knows nothing newer.
TLS12_HELLO = bytes.fromhex("160303 002a 02000026 0303") + bytes(32) + bytes.fromhex("00 c02f 00")
# Longer than any record may be (RFC 9846 §5.1: 2^14; §5.2: 2^14 + 256).
OVERSIZED = bytes.fromhex("160301 4001") + bytes(0x4001)

TO_SERVER = {
    "garbage": (b"\x00\x01\x02\x03" * 64, "unexpected_message", "TLS"),
    "http": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "unexpected_message", "HTTP"),
    "oversized": (OVERSIZED, "record_overflow", None),
    "malformed_hello": (bytes.fromhex("160301 0005 01000001 00"), "decode_error", None),
}
TO_CLIENT = {
    "garbage": (b"220 mail.example ESMTP\r\n", "unexpected_message", "TLS"),
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "unexpected_message", "HTTP"),
    "oversized": (OVERSIZED, "record_overflow", None),
    "tls12": (TLS12_HELLO, "protocol_version", "version"),
}


def alert_record(alert):
    """An alert record as it is before there are keys."""
    level = 1 if alert == "user_canceled" else 2  # RFC 9846 §6.1 makes that one a warning
    return bytes((21, 3, 3, 0, 2, level, ALERTS[alert]))


def read_all(connection):
    connection.settimeout(LIMIT)
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            data += chunk
    return data


def to_server(nautilus, name, as_json):
    data, alert, message = TO_SERVER[name]

    def case(scene):
        server = Server(nautilus, scene, as_json=as_json)
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(data)
            expect(read_all(connection), alert_record(alert), "the server's answer")
        server.failed(Side(PROTOCOL, alert, message))
        still_serving(nautilus, scene, server)
        server.stop()
    return case


class RawServer:
    """Answers one connection with `data`, and keeps what it got."""

    def __init__(self, data, wait=True):
        self._data = data
        self._wait = wait
        self.received = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(LIMIT)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(LIMIT)
            self.received = connection.recv(65536)
            connection.sendall(self._data)
            if self._wait:
                self.received += read_all(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._thread.join(LIMIT)
        self._listener.close()


def to_client(nautilus, name, as_json):
    data, alert, message = TO_CLIENT[name]

    def case(scene):
        with RawServer(data) as server:
            child = connect(nautilus, scene, server.port, as_json=as_json)
            client_failed(child, Side(PROTOCOL, alert, message), as_json)
        if not server.received.endswith(alert_record(alert)):
            raise Failed(f"the client's last octets: {server.received[-16:].hex()}")
    return case


def tls12_client(nautilus, as_json):
    def case(scene):
        openssl = OpenSsl(["openssl"])
        server = Server(nautilus, scene, as_json=as_json)
        client = scene.start("openssl s_client", [
            "openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_2", "-brief"])
        client.close_input()
        client.finish(1)
        if "alert protocol version" not in client.text("stderr"):
            raise Failed(f"{openssl}: {client.text('stderr')}")
        server.failed(Side(PROTOCOL, "protocol_version", "version"))
        still_serving(nautilus, scene, server)
        server.stop()
    return case


def tls12_server(nautilus, as_json):
    def case(scene):
        identity = nautilus.identity("server")
        server = scene.start("openssl s_server", [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cert", f"{identity}.pem",
            "-key", f"{identity}.key"])
        child = connect(nautilus, scene, listening_port(server), as_json=as_json)
        # A server that knows no TLS 1.3 refuses a hello that offers nothing older.
        client_failed(child, Side(REJECTED_BY_PEER, "protocol_version", "refused us"), as_json)
    return case


def truncated_at_client(nautilus, as_json):
    """The server dies: its kernel closes the connection, and no close_notify comes."""
    def case(scene):
        server = Server(nautilus, scene, as_json=True)
        child = connect(nautilus, scene, server.port, as_json=as_json)
        child.write(b"first")
        child.wait_bytes(5)
        server.child.signal(signal.SIGKILL)
        client_failed(child, Side(TAMPERED, None, "close_notify"), as_json)
        expect(child.output(), b"first", "what arrived before")
    return case


def truncated_at_server(nautilus, as_json):
    def case(scene):
        server = Server(nautilus, scene, as_json=as_json)
        child = connect(nautilus, scene, server.port)
        child.write(b"first")
        child.wait_bytes(5)
        child.signal(signal.SIGKILL)
        server.failed(Side(TAMPERED, None, "close_notify"))
        still_serving(nautilus, scene, server)
        server.stop()
    return case


def tampered(nautilus, how, as_json):
    def case(scene):
        server = Server(nautilus, scene, as_json=as_json)
        relay = scene.start("nautilus relay", [
            nautilus.command, "relay", f"127.0.0.1:{server.port}", f"--{how}", "2"])
        child = connect(nautilus, scene, listening_port(relay), as_json=as_json)
        child.write(b"data that somebody changes on the way")
        client_failed(child, Side(REJECTED_BY_PEER, "bad_record_mac", "refused us"), as_json)
        server.failed(Side(TAMPERED, "bad_record_mac", None))
        still_serving(nautilus, scene, server)
        server.stop()
    return case


def closed_at_once(nautilus, as_json):
    def case(scene):
        with RawServer(b"", wait=False) as server:
            child = connect(nautilus, scene, server.port, as_json=as_json)
            client_failed(child, Side(TAMPERED, None, None), as_json)
    return case


def nobody_there(nautilus, as_json):
    def case(scene):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # and never listens
            child = connect(nautilus, scene, taken.getsockname()[1], as_json=as_json)
            client_failed(child, Side(NETWORK, None, "refused"), as_json)
    return case


def no_such_host(nautilus, as_json):
    def case(scene):
        child = scene.start("nautilus connect", [
            nautilus.command, "connect", "host.invalid:443", "--no-identity", "--ca",
            f"{nautilus.ca()}.pem", *(["--json"] if as_json else [])])
        client_failed(child, Side(NETWORK, None, "ost"), as_json)
    return case


def silent_server(nautilus, as_json):
    def case(scene):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            child = connect(nautilus, scene, listener.getsockname()[1], "--timeout", "1",
                            as_json=as_json)
            client_failed(child, Side(NETWORK, "user_canceled", "timed out"), as_json)
            with listener.accept()[0] as connection:
                received = read_all(connection)
        if not received.endswith(alert_record("user_canceled")):
            raise Failed(f"the client's last octets: {received[-16:].hex()}")
    return case


def silent_client(nautilus, as_json):
    """A client that says nothing does not hold its place for ever."""
    def case(scene):
        server = Server(nautilus, scene, "--timeout", "1", as_json=as_json)
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"\x16")
            expect(read_all(connection), alert_record("user_canceled"), "the server's answer")
        server.failed(Side(NETWORK, "user_canceled", "timed out"))
        still_serving(nautilus, scene, server)
        server.stop()
    return case


def unwritable(nautilus, as_json):
    def case(scene):
        server = Server(nautilus, scene, as_json=True)
        path = scene.folder / "missing" / "copy"
        child = connect(nautilus, scene, server.port, "--receive", path, as_json=as_json)
        child.finish(LOCAL)
        if str(path) not in child.text("stderr") + child.text("stdout"):
            raise Failed("the file is not named")
    return case


def cases(nautilus):
    for form in ("text", "json"):
        as_json = form == "json"
        for name in TO_SERVER:
            yield f"{name}_to_server_{form}", to_server(nautilus, name, as_json)
        for name in TO_CLIENT:
            yield f"{name}_to_client_{form}", to_client(nautilus, name, as_json)
        for how in ("alter", "replay"):
            yield f"{how}_{form}", tampered(nautilus, how, as_json)
        for function in (tls12_client, tls12_server, truncated_at_client, truncated_at_server,
                         closed_at_once, nobody_there, no_such_host, silent_server, silent_client,
                         unwritable):
            yield f"{function.__name__}_{form}", function(nautilus, as_json)
