"""`nautilus cert`: what it makes, what it refuses, what it says."""

import json
import stat
import subprocess

from nautilus_peer import KEYS
from openssl_peer import OpenSsl
from pki import expired_identity
from processes import LIMIT, Failed, expect
from sides import LOCAL, OK, PEER_REJECTED, USAGE


def run(nautilus, *arguments):
    return subprocess.run([nautilus.command, "cert", *map(str, arguments)], capture_output=True,
                          text=True, timeout=LIMIT, check=False)


def fails(done, status, *parts):
    """Two lines, and what they say."""
    expect(done.returncode, status, "exit status")
    lines = done.stderr.splitlines()
    if len(lines) != 2 or not lines[1].startswith("try: "):
        raise Failed(f"not two lines: {done.stderr!r}")
    for part in parts:
        if part not in done.stderr:
            raise Failed(f"{part!r} is not in {done.stderr!r}")


def make(nautilus, *arguments):
    done = run(nautilus, *arguments)
    expect((done.returncode, done.stderr), (OK, ""), f"nautilus cert {arguments}")


def keys(nautilus):
    """OpenSSL agrees with every kind of chain we make, and so do we."""
    def case(scene):
        for key in KEYS:
            ca, leaf = scene.folder / f"ca-{key}", scene.folder / f"leaf-{key}"
            make(nautilus, "ca", "--out", ca, "--cn", "Some CA", "--key", key)
            make(nautilus, "server", "--ca", ca, "--out", leaf, "--key", key, "--dns",
                 "one.example", "--dns", "two.example", "--ip", "127.0.0.1", "--ip", "::1", "--uri",
                 "spiffe://some/where")
            subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile",
                            f"{ca}.pem", f"{leaf}.pem"], check=True, capture_output=True,
                           timeout=LIMIT)
            verified = run(nautilus, "verify", f"{leaf}.pem", "--ca", ca)
            expect(verified.returncode, OK, "nautilus cert verify")
            if "valid as server" not in verified.stdout:
                raise Failed(verified.stdout)
            shown = json.loads(run(nautilus, "show", f"{leaf}.pem", "--json").stdout)
            expect(shown["dns"], ["one.example", "two.example"], "dns")
            expect(shown["uri"], ["spiffe://some/where"], "uri")
            expect(len(shown["ip"]), 2, "addresses")
            expect(shown["extended_key_usage"], ["serverAuth"], "extended key usage")
    return case


def modes(nautilus):
    def case(scene):
        ca = scene.folder / "ca"
        make(nautilus, "ca", "--out", ca, "--cn", "CA")
        expect(stat.S_IMODE((scene.folder / "ca.key").stat().st_mode), 0o600, "mode of the key")
        left = sorted(path.name for path in scene.folder.iterdir())
        expect(left, ["ca.key", "ca.pem"], "files")
    return case


def overwriting(nautilus):
    def case(scene):
        ca = scene.folder / "ca"
        make(nautilus, "ca", "--out", ca, "--cn", "CA")
        before = (scene.folder / "ca.key").read_bytes()
        fails(run(nautilus, "ca", "--out", ca, "--cn", "CA"), LOCAL, "ca.key", "--force")
        expect((scene.folder / "ca.key").read_bytes(), before, "the key")
        make(nautilus, "ca", "--out", ca, "--cn", "CA", "--force")
        if (scene.folder / "ca.key").read_bytes() == before:
            raise Failed("--force did not make a new key")
    return case


def mistakes(nautilus):
    def case(scene):
        folder = scene.folder
        fails(run(nautilus, "server", "--ca", folder / "none", "--out", folder / "x", "--dns", "a"),
              LOCAL, "try: ")
        fails(run(nautilus, "show", folder / "none.pem"), LOCAL, "none.pem")
        (folder / "rubbish.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
        fails(run(nautilus, "show", folder / "rubbish.pem"), LOCAL, "rubbish.pem")
        fails(run(nautilus, "ca", "--out", folder / "no" / "ca", "--cn", "CA"), LOCAL, "ca.key")
        fails(run(nautilus, "ca", "--out", folder / "ca", "--key", "dsa"), USAGE, "--key")
        fails(run(nautilus, "ca", "--out", folder / "ca", "--days", "0"), USAGE, "--days")
        expect(sorted(path.name for path in folder.iterdir()), ["rubbish.pem"], "files")
    return case


def verdicts(nautilus):
    def case(scene):
        ca, other = nautilus.ca(), nautilus.ca(name="other")
        server = nautilus.identity("server")
        fails(run(nautilus, "verify", f"{server}.pem", "--ca", other), PEER_REJECTED, "trusted CA")
        expired = expired_identity(nautilus, OpenSsl(["openssl"]), scene.folder, "server")
        fails(run(nautilus, "verify", f"{expired}.pem", "--ca", ca), PEER_REJECTED, "expired")
    return case


def cases(nautilus):
    for function in (keys, modes, overwriting, mistakes, verdicts):
        yield function.__name__, function(nautilus)
