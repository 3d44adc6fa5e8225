#!/usr/bin/env python3
"""Proves that check_layers.py still bites: plants one violation at a time in a copy of the tree.

    tools/check_layers_selftest.py [ROOT]
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

CHECKER = pathlib.Path(__file__).with_name("check_layers.py")

# file to plant in, line to plant, part of the complaint
PLANTED = [
    ("src/core/planted.cpp", '#include "wire/planted.hpp"', "core may not include wire"),
    ("src/core/planted.cpp", "#include <nautilus/crypto/hash.hpp>", "core may not include crypto"),
    ("src/core/planted.cpp", "#include <thread>", "core may not include <thread>"),
    ("src/core/planted.cpp", "#include <sys/socket.h>", "core may not include <sockets>"),
    ("src/core/planted.cpp", "#include <openssl/crypto.h>", "core may not include <openssl>"),
    ("src/core/planted.cpp", "#include <zlib.h>", "a library that the table does not know"),
    ("src/core/planted.cpp", '#include "core/nowhere.hpp"', "no such file"),
    ("src/crypto/planted.cpp", '#include "crypto/openssl/planted.hpp"',
     "crypto may not include crypto/openssl"),
    ("src/crypto/pq/planted.cpp", "#  include  <openssl/evp.h>",
     "crypto/pq may not include <openssl>"),
    ("src/crypto/ipsecmb/planted.cpp", '#include "../openssl/planted.hpp"',
     "crypto/ipsecmb may not include crypto/openssl"),
    ("src/crypto/openssl/planted.cpp", "#include <intel-ipsec-mb.h>",
     "crypto/openssl may not include <intel-ipsec-mb.h>"),
    ("src/wire/planted.cpp", '#include "crypto/planted.hpp"', "wire may not include crypto"),
    ("src/record/planted.cpp", '#include "state/planted.hpp"', "record may not include state"),
    ("src/state/planted.cpp", '#include "session/planted.hpp"', "state may not include session"),
    ("src/pki/planted.cpp", "#include <openssl/x509.h>", "pki may not include <openssl>"),
    ("src/pki/planted.cpp", "#include <nautilus/negotiated.hpp>", "pki may not include state"),
    ("src/pki/planted.cpp", '#include "wire/planted.hpp"', "pki may not include wire"),
    ("src/session/planted.cpp", "#include <nautilus/pki/verifier.hpp>",
     "session may not include pki"),
    ("src/handshake/planted.cpp", '#include "record/planted.hpp"',
     "handshake may not include record"),
    ("src/handshake/client/planted.cpp", "#include <nautilus/connection.hpp>",
     "handshake may not include connection"),
    ("src/connection/planted.cpp", '#include "crypto/pq/planted.hpp"',
     "connection may not include crypto/pq"),
    ("src/net/planted.cpp", '#include "core/planted.hpp"', "net includes public headers only"),
    ("src/net/planted.cpp", "#include <nlohmann/json.hpp>", "net may not include <nlohmann>"),
    ("src/drawer/planted.cpp", "#include <vector>", "belongs to no layer"),
    ("include/nautilus/planted.hpp", "#include <vector>", "belongs to no layer"),
    ("include/nautilus/crypto/planted.hpp", "#include <openssl/evp.h>",
     "crypto may not include <openssl>"),
    ("include/nautilus/crypto/planted.hpp", '#include "core/planted.hpp"',
     "a public header includes public headers only"),
    ("include/nautilus/pki/planted.hpp", "#include <nautilus/config.hpp>",
     "pki may not include connection"),
    ("apps/nautilus/planted.cpp", '#include "core/planted.hpp"', "apps include public headers only"),
    ("apps/nautilus/planted.cpp", '#include "../../src/core/planted.hpp"',
     "apps include public headers only"),
    ("apps/nautilus/planted.cpp", "#include <openssl/ssl.h>", "apps may not include <openssl>"),
]
# What must stay allowed, so that the checker does not bite everything.
ALLOWED = [
    ("src/crypto/openssl/planted.cpp", "#include <openssl/evp.h>"),
    ("src/crypto/ipsecmb/planted.cpp", "#include <intel-ipsec-mb.h>"),
    ("src/handshake/client/planted.cpp", '#include "state/planted.hpp"'),
    ("src/pki/planted.cpp", "#include <nautilus/peer_identity.hpp>"),
    ("src/net/planted.cpp", "#include <boost/asio.hpp>"),
    ("src/wire/planted.cpp", "#include <arpa/inet.h>"),
    ("apps/nautilus/planted.cpp", "#include <nautilus/crypto/provider.hpp>"),
]
LAYERS = ["core", "crypto", "crypto/pq", "crypto/openssl", "crypto/ipsecmb", "wire", "record",
          "state", "pki", "session", "handshake", "connection", "net"]


def check(root):
    done = subprocess.run([sys.executable, CHECKER, root], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout


def plant(root, name, line):
    path = root / name
    made = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line + "\n", encoding="utf-8")
    try:
        return check(root)
    finally:
        path.unlink()
        for parent in made:
            parent.rmdir()


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else CHECKER.parents[1])
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        for folder in ("src", "include", "apps"):
            if (source / folder).is_dir():
                shutil.copytree(source / folder, root / folder)
        for layer in LAYERS:  # something to include
            target = root / "src" / layer / "planted.hpp"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("#pragma once\n", encoding="utf-8")
        before = check(root)[1].count("\n")  # the tree's own violations are the other test's matter
        for name, line, complaint in PLANTED:
            status, output = plant(root, name, line)
            hits = [hit for hit in output.splitlines() if hit.startswith(name) and complaint in hit]
            if status != 1 or len(hits) != 1 or output.count("\n") != before + 1:
                failures += 1
                print(f"NOT CAUGHT  {name}: {line}\n{output}")
        for name, line in ALLOWED:
            output = plant(root, name, line)[1]
            if output.count("\n") != before:
                failures += 1
                print(f"WRONGLY REFUSED  {name}: {line}\n{output}")
    print(f"layering self-test: {len(PLANTED)} violations planted, {len(ALLOWED)} allowed, "
          f"{failures} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
