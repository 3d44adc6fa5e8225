"""Connections that must not come about: each side says in two lines, or in JSON, what it saw."""

import json
import pathlib

from openssl_peer import OpenSsl
from pki import expired_identity
from sides import (PEER_REJECTED, PROTOCOL, REJECTED_BY_PEER, Server, Side, check_report,
                   client_failed, connect, still_serving)


def refused_by_client(alert, message=None, status=PEER_REJECTED):
    return {"client": Side(status, alert, message),
            "server": Side(REJECTED_BY_PEER, alert, "the client refused us")}


def refused_by_server(alert, message=None, status=PEER_REJECTED):
    return {"server": Side(status, alert, message),
            "client": Side(REJECTED_BY_PEER, alert, "the server refused us")}


class Refusals:
    def __init__(self, nautilus):
        self.nautilus = nautilus

    def case(self, sides, as_json, serve=(), join=(), server=None, client=None, allowed=True):
        """`serve` and `join` are the options of each side, `server` and `client` their trust."""
        def run(scene):
            nautilus = self.nautilus
            settings = {key: value(scene) if callable(value) else value
                        for key, value in (server or {}).items()}
            trust = {key: value(scene) if callable(value) else value
                     for key, value in (client or {}).items()}
            peer = Server(nautilus, scene, *serve, as_json=as_json, **settings)
            child = connect(nautilus, scene, peer.port, *join, as_json=as_json, **trust)
            client_failed(child, sides["client"], as_json)
            peer.failed(sides["server"])
            if allowed:  # with what the server has, somebody can still come in
                still_serving(nautilus, scene, peer)
            else:
                again = connect(nautilus, scene, peer.port, *join, as_json=as_json, **trust)
                client_failed(again, sides["client"], as_json)
                peer.failed(sides["server"])
            peer.stop()
        return run

    def expired(self, role):
        return lambda scene: expired_identity(self.nautilus, OpenSsl(["openssl"]),
                                              pathlib.Path(scene.folder), role)


def while_streaming(nautilus):
    """Refused when megabytes are already under way: the reason still arrives, every time."""
    def case(scene):
        data = scene.folder / "data"
        data.write_bytes(bytes(8 << 20))
        server = Server(nautilus, scene, as_json=True)
        for _ in range(10):
            child = connect(nautilus, scene, server.port, "--send", data, "--receive", "/dev/null",
                            identity=nautilus.identity("client", ca="other"))
            child.finish(REJECTED_BY_PEER)
            check_report(json.loads(child.text()), Side(REJECTED_BY_PEER, "unknown_ca"), "client")
            server.failed(Side(PEER_REJECTED, "unknown_ca"))
        still_serving(nautilus, scene, server)
        server.stop()
    return case


def cases(nautilus):
    refusals = Refusals(nautilus)
    other_ca = nautilus.ca(name="other")
    foreign = nautilus.identity("client", ca="other")
    nautilus.ca()
    yield "while_streaming", while_streaming(nautilus)
    for form in ("text", "json"):
        def case(name, sides, *, form=form, **how):
            return f"{name}_{form}", refusals.case(sides, form == "json", **how)

        yield case("server_of_another_ca", refused_by_client("unknown_ca"),
                   client={"ca": other_ca})
        yield case("client_of_another_ca", refused_by_server("unknown_ca"),
                   client={"identity": foreign})
        yield case("expired_server", refused_by_client("certificate_expired"), allowed=False,
                   server={"identity": refusals.expired("server")})
        yield case("expired_client", refused_by_server("certificate_expired"),
                   client={"identity": refusals.expired("client")})
        yield case("wrong_name", refused_by_client("bad_certificate", "name"),
                   client={"servername": "other.example"})
        yield case("server_with_a_clients_certificate",
                   refused_by_client("unsupported_certificate"), allowed=False,
                   server={"identity": nautilus.identity("client")})
        yield case("client_with_a_servers_certificate",
                   refused_by_server("unsupported_certificate"),
                   client={"identity": nautilus.identity("server")})
        yield case("no_client_certificate", refused_by_server("certificate_required"),
                   client={"identity": None})
        yield case("not_on_the_list", refused_by_server("access_denied"), allowed=False,
                   server={"allow": ("--allow-dns", "*.friends.example")})
        yield case("no_common_group", refused_by_server("handshake_failure", "group", PROTOCOL),
                   join=("--groups", "x25519"), serve=("--groups", "X25519MLKEM768"))
        yield case("no_common_suite", refused_by_server("handshake_failure", "suite", PROTOCOL),
                   join=("--suites", "TLS_AES_128_GCM_SHA256"),
                   serve=("--suites", "TLS_AES_256_GCM_SHA384"))
        yield case("no_common_protocol",
                   refused_by_server("no_application_protocol", "protocol", PROTOCOL),
                   join=("--alpn", "one"), serve=("--alpn", "two"))
        yield case("policies_without_common_group",
                   refused_by_server("handshake_failure", "group", PROTOCOL), allowed=True,
                   join=("--policy", "nist", "--groups", "secp256r1"),
                   serve=("--policy", "pq_required"))
