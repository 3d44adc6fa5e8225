"""Runs the examples against each other with a throwaway authority."""

import argparse
import pathlib
import subprocess
import tempfile

DEADLINE = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("nautilus", "client", "server"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pki = pathlib.Path(folder)

        def cert(*words):
            subprocess.run([arguments.nautilus, "cert", *words], cwd=pki, check=True,
                           timeout=DEADLINE, stdout=subprocess.DEVNULL)

        cert("ca", "--cn", "Example CA", "--out", "ca")
        cert("server", "--ca", "ca", "--dns", "localhost", "--out", "server")
        cert("client", "--ca", "ca", "--cn", "alice", "--out", "client")
        server = subprocess.Popen([arguments.server, "0", "ca.pem", "server.pem", "server.key"],
                                  cwd=pki, stdout=subprocess.PIPE, text=True)
        try:
            port = server.stdout.readline().split()[1]
            for _ in range(2):
                done = subprocess.run(
                    [arguments.client, "localhost", port, "ca.pem", "client.pem", "client.key"],
                    cwd=pki, timeout=DEADLINE, capture_output=True, text=True, check=True)
                assert done.stdout == "hello\n", done.stdout
                assert "X25519MLKEM768 with localhost" in done.stderr, done.stderr
                assert server.stdout.readline() == "alice\n"
        finally:
            server.kill()
            server.wait(DEADLINE)


if __name__ == "__main__":
    main()
