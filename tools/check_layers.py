#!/usr/bin/env python3
"""Checks the strict layering: every #include in src/, include/ and apps/ against the table below.

    tools/check_layers.py [ROOT]

Exit status 0 when all includes are allowed, 1 with one line per violation otherwise.
"""

import pathlib
import re
import sys

# Layer -> what it may include besides itself. "layer" means all of it, "layer:file" that file only,
# "<lib>" a library. The order is the order of the layers: a row names earlier rows only, except
# where a comment says why.
TABLE = {
    "core": ["<valgrind>"],  # valgrind's macros, in the constant-time build only
    "crypto": ["core"],
    "wire": ["core"],
    "crypto/aegis": ["core", "crypto"],
    "crypto/pq": ["core", "crypto"],
    "crypto/curve25519": ["core", "crypto"],
    "crypto/ipsecmb": ["core", "crypto", "<intel-ipsec-mb.h>"],
    "crypto/openssl": ["core", "crypto", "<openssl>"],
    "record": ["core", "wire", "crypto"],
    "state": ["core", "wire", "crypto"],
    # The identity and the config builders name default_provider() in a default argument: its
    # declaration is the one thing a lower layer takes from a higher one.
    "pki": ["core", "wire:codepoints.hpp", "crypto", "state:peer_identity.hpp",
            "providers:default.hpp"],
    "pki/openssl": ["core", "wire:codepoints.hpp", "crypto", "crypto/openssl",
                    "state:peer_identity.hpp", "pki", "<openssl>"],
    "session": ["core", "wire", "crypto", "state"],
    "handshake": ["core", "wire", "crypto", "state", "pki", "session"],  # never record
    "connection": ["core", "wire", "crypto", "record", "state", "pki", "session", "handshake",
                   "providers:default.hpp"],
    "providers": ["core", "crypto", "crypto/aegis", "crypto/pq", "crypto/curve25519",
                  "crypto/ipsecmb", "crypto/openssl"],
    "net": ["public", "<boost>", "<sockets>", "<thread>"],
    "apps": ["public", "<boost>", "<sockets>", "<thread>", "<iostream>", "<CLI>", "<fmt>",
             "<nlohmann>"],
}

# Public headers in include/nautilus/, by file or folder, and the layer whose row they obey. A
# header that is not listed is a violation: whoever adds one decides where it belongs.
PUBLIC = {
    "alert.hpp": "core",
    "bytes.hpp": "core",
    "clock.hpp": "core",
    "codepoints.hpp": "core",
    "error.hpp": "core",
    "export.hpp": "core",
    "key_log.hpp": "core",
    "result.hpp": "core",
    "secret.hpp": "core",
    "server_name.hpp": "core",
    "version.hpp": "core",
    "crypto/": "crypto",
    "negotiated.hpp": "state",
    "external_psk.hpp": "state",
    "peer_identity.hpp": "state",
    "pki/": "pki",
    "session/": "session",
    "observer.hpp": "handshake",
    "request.hpp": "handshake",
    "client.hpp": "connection",
    "config.hpp": "connection",
    "config_handle.hpp": "connection",
    "policy.hpp": "connection",
    "connection.hpp": "connection",
    "server.hpp": "connection",
    "providers/": "providers",
    "asio.hpp": "net",
    "asio/": "net",
    "net/": "net",
    "nautilus.hpp": "net",
}

# Libraries by the first part of the path. Anything in angle brackets that is neither here nor
# standard is a violation: a new dependency is a decision, not an include.
LIBRARIES = {
    "openssl": "<openssl>",
    "intel-ipsec-mb.h": "<intel-ipsec-mb.h>",
    "boost": "<boost>",
    "valgrind": "<valgrind>",
    "CLI": "<CLI>",
    "fmt": "<fmt>",
    "nlohmann": "<nlohmann>",
}
# The core knows no sockets, no threads and no console.
RESTRICTED = {
    "netdb.h": "<sockets>",
    "netinet": "<sockets>",
    "poll.h": "<sockets>",
    "sys/epoll.h": "<sockets>",
    "sys/socket.h": "<sockets>",
    "sys/un.h": "<sockets>",
    "future": "<thread>",
    "thread": "<thread>",
    "iostream": "<iostream>",
}
POSIX = re.compile(
    r"(arpa/inet|cpuid|errno|fcntl|immintrin|limits|pwd|signal|spawn|stdio|stdlib|string|termios|"
    r"time|unistd|x86intrin|sys/(auxv|file|ioctl|random|resource|stat|time|types|uio|wait))\.h")
STANDARD = re.compile(r"[a-z0-9_]+")  # <vector>, <cstdint>: no slash, no suffix

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SUFFIXES = {".hpp", ".cpp", ".h", ".inc"}


def layer_of_source(path):
    """The row for a path relative to src/, the longest match first; None outside all layers."""
    for depth in (2, 1):
        row = "/".join(path.split("/")[:-1][:depth])
        if row in TABLE and row not in ("apps",):
            return row
    return None


def layer_of_public(path):
    """The row for a path relative to include/nautilus/."""
    if path in PUBLIC:
        return PUBLIC[path]
    folder = path.split("/")[0] + "/"
    return PUBLIC.get(folder) if "/" in path else None


def library_of(name):
    first = name.split("/")[0]
    if first in LIBRARIES:
        return LIBRARIES[first]
    return RESTRICTED.get(name) or RESTRICTED.get(first)


class Checker:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.violations = []
        self.files = 0
        self.includes = 0

    def run(self):
        for folder in ("include", "src", "apps"):
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in SUFFIXES and path.is_file():
                    self.check_file(path)
        if self.files == 0:
            self.violations.append(f"{self.root}: nothing to check here")
        return self.violations

    def check_file(self, path):
        relative = path.relative_to(self.root).as_posix()
        top, _, rest = relative.partition("/")
        public = top == "include"
        if public:
            layer = layer_of_public(rest.removeprefix("nautilus/"))
        elif top == "apps":
            layer = "apps"
        else:
            layer = layer_of_source(rest)
        self.files += 1
        if layer is None:
            self.violations.append(f"{relative}: belongs to no layer of the table")
            return
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            self.includes += 1
            why = self.judge(path, layer, public, match[1] == "<", match[2])
            if why:
                self.violations.append(f"{relative}:{number}: {match[2]}: {why}")

    def judge(self, path, layer, public, angle, name):
        """Why `layer` may not include `name`, or None."""
        if angle:
            if name.startswith("nautilus/"):
                return self.judge_public(layer, name.removeprefix("nautilus/"))
            library = library_of(name)
            if library:
                # Even where a layer may use a library, its users must not see it.
                hidden = public and layer != "net"
                return f"{layer} may not include {library}" if (
                    hidden or library not in TABLE[layer]) else None
            if STANDARD.fullmatch(name) or POSIX.fullmatch(name):
                return None
            return "a library that the table does not know"
        if public:
            return "a public header includes public headers only, in angle brackets"
        return self.judge_private(path, layer, name)

    def judge_public(self, layer, name):
        target = layer_of_public(name)
        if target is None:
            return "a public header that belongs to no layer of the table"
        if "public" in TABLE[layer]:
            return None
        return self.judge_row(layer, target, name)

    def judge_private(self, path, layer, name):
        beside = path.parent / name
        target_path = (self.root / "src" / name)
        if layer == "apps":
            apps = self.root / "apps"
            inside = any((base / name).resolve().is_relative_to(apps.resolve()) and
                         (base / name).is_file()
                         for base in (path.parent, apps, *apps.iterdir()) if base.is_dir())
            return None if inside else "apps include public headers only"
        target = layer_of_source(name)
        if target is None or not target_path.is_file():
            if not beside.is_file():
                return "no such file under src/"
            resolved = beside.resolve().relative_to((self.root / "src").resolve()).as_posix()
            target, name = layer_of_source(resolved), resolved
        if target is None:
            return "belongs to no layer of the table"
        if target != layer and "public" in TABLE[layer]:
            return f"{layer} includes public headers only"
        return self.judge_row(layer, target, name)

    @staticmethod
    def judge_row(layer, target, name):
        if target == layer or target in TABLE[layer]:
            return None
        if f"{target}:{name.rsplit('/', 1)[-1]}" in TABLE[layer]:
            return None
        return f"{layer} may not include {target}"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1]
    checker = Checker(root)
    violations = checker.run()
    for violation in violations:
        print(violation)
    print(f"layering: {checker.includes} includes in {checker.files} files, "
          f"{len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
