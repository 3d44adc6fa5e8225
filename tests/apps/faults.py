"""A relay on the wire that drops, delays, reorders, cuts, joins, splits, doubles and alters single
records, at chosen points of a connection and in either direction."""

import contextlib
import json
import os
import select
import socket
import threading
import time

from nautilus_peer import digest, sanitized
from processes import Failed, expect
from sides import NETWORK, OK, PROTOCOL, REJECTED_BY_PEER, TAMPERED, Server, connect, still_serving

UP, DOWN = "to_server", "to_client"
HEADER = 5
ALERT_SIZE = 2 + 1 + 16  # a protected alert: its octets, its type, the tag
KEY_UPDATE_SIZE = 5 + 1 + 16
DATA = os.urandom(150_000)


def nth(number):
    """The record of that number, from 0; change_cipher_spec counts."""
    return lambda count, record: count == number


def first_of(size):
    """The first protected record with so many octets."""
    return lambda count, record: record[0] == 23 and len(record) == HEADER + size


POINTS = {
    "hello": nth(0),
    "flight": nth(2),
    "transfer": nth(8),
    "key_update": first_of(KEY_UPDATE_SIZE),
    "close": first_of(ALERT_SIZE),
}


class Cut(Exception):
    """The relay has ended the connection."""


class Pump:
    """One direction: records in, records out, one of them treated."""

    def __init__(self, source, target, point, action):
        self._source, self._target = source, target
        self._point, self._action = point, action
        self._buffer = b""
        self.struck = False

    def _record(self, patience=None):
        """The next record; nothing at the end, or if none comes in time."""
        while len(self._buffer) < HEADER or len(self._buffer) < HEADER + self._length():
            if patience is not None and not select.select([self._source], [], [], patience)[0]:
                return b""
            data = self._source.recv(65536)
            if not data:
                return b""
            self._buffer += data
        size = HEADER + self._length()
        record, self._buffer = self._buffer[:size], self._buffer[size:]
        return record

    def _length(self):
        return int.from_bytes(self._buffer[3:5], "big")

    def _treat(self, record):
        send = self._target.sendall
        if self._action == "drop":
            return
        if self._action == "delay":
            time.sleep(0.2)
            send(record)
        elif self._action == "split":
            for octet in record:
                send(bytes((octet,)))
        elif self._action == "join":
            send(record + self._record(patience=0.1))
        elif self._action == "double":
            send(record + record)
        elif self._action == "alter":
            send(record[:-1] + bytes((record[-1] ^ 1,)))
        elif self._action == "reorder":
            send(self._record(patience=0.5) + record)
        elif self._action == "cut":
            send(record[:len(record) // 2])
            raise Cut

    def run(self):
        count = 0
        while record := self._record():
            if not self.struck and self._point and self._point(count, record):
                self.struck = True
                self._treat(record)
            else:
                self._target.sendall(record)
            count += 1
        self._target.sendall(self._buffer)
        self._target.shutdown(socket.SHUT_WR)


class Relay:
    """Carries one connection."""

    def __init__(self, port, direction, point, action):
        self._to, self._fault = port, (direction, point, action)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self.port = self._listener.getsockname()[1]
        self.struck = False
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self):
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._to))
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        direction, point, action = self._fault
        pumps = [Pump(client, server, point if direction == UP else None, action),
                 Pump(server, client, point if direction == DOWN else None, action)]

        def run(pump):
            try:
                pump.run()
            except Cut:
                for end in (client, server):
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
            except OSError:
                # One side has gone: the other learns it, after what was said last.
                with contextlib.suppress(OSError):
                    pump._target.shutdown(socket.SHUT_WR)

        threads = [threading.Thread(target=run, args=(pump,), daemon=True) for pump in pumps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.struck = any(pump.struck for pump in pumps)
        client.close()
        server.close()

    def join(self):
        self._thread.join(60)
        self._listener.close()
        expect(self._thread.is_alive(), False, "the relay is still at work")


def connection(nautilus, scene, direction, point, action, *options):
    """One connection through the relay; both reports and what the client received."""
    server = Server(nautilus, scene, "--timeout", 2, "--idle", 2, "--rekey-bytes", 40_000,
                    as_json=True)
    relay = Relay(server.port, direction, POINTS[point], action)
    (scene.folder / "up").write_bytes(DATA)
    child = connect(nautilus, scene, relay.port, "--send", scene.folder / "up", "--receive",
                    scene.folder / "down", "--rekey-bytes", 40_000, "--timeout", 2, *options)
    status = child.finish(OK, NETWORK, REJECTED_BY_PEER, PROTOCOL, TAMPERED)
    sanitized(child)
    relay.join()
    expect(relay.struck, True, "the relay found its record")
    report = json.loads([line for line in child.text().splitlines() if line.startswith("{")][0])
    down = scene.folder / "down"
    received = down.read_bytes() if down.exists() else b""
    return server, status, report, received


def harmless(nautilus, direction, point, action):
    """However the octets are cut into pieces, and whenever they come."""
    def case(scene):
        server, status, report, received = connection(nautilus, scene, direction, point, action)
        expect((status, received == DATA), (OK, True), "status, and the data")
        expect((report["sent"], report["received"]), (digest(DATA), digest(DATA)), "the client")
        theirs = server.report()
        expect((theirs["event"], theirs.get("error")), ("closed", None), "the server's report")
        expect((theirs["sent"], theirs["received"]), (digest(DATA), digest(DATA)), "the server")
        server.stop()
    return case


def harmful(nautilus, direction, point, action):
    """Who is struck says so, nobody gets other data than was sent, and the server goes on."""
    def case(scene):
        server, status, _, received = connection(nautilus, scene, direction, point, action)
        theirs = server.report()
        if not DATA.startswith(received):
            raise Failed("what arrived is not what was sent")
        if direction == UP:
            expect("error" in theirs, True, "the server ends with an error")
        if direction == DOWN or point != "close":
            # A client that has closed its side already cannot tell the server what went wrong.
            expect(status != OK, True, "the client ends with an error")
        still_serving(nautilus, scene, server)
        server.stop()
    return case


def cases(nautilus):
    for direction in (UP, DOWN):
        for point in POINTS:
            for action in ("delay", "split", "join"):
                yield f"{action}_{point}_{direction}", harmless(nautilus, direction, point, action)
            for action in ("drop", "double", "alter", "reorder", "cut"):
                if (action, point) == ("double", "close"):
                    continue  # nothing is read after close_notify
                if action == "reorder" and point not in ("transfer", "key_update"):
                    continue  # the last of its flight has nothing to change places with
                yield f"{action}_{point}_{direction}", harmful(nautilus, direction, point, action)
