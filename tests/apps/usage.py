"""Help, usage errors, and the documents made from the options: nobody has to guess."""

import json
import re
import shutil
import subprocess

from processes import LIMIT, Failed, expect
from sides import OK, USAGE

COMMANDS = ("cert", "serve", "connect", "demo", "info", "relay", "speed", "docs")


def run(nautilus, *arguments, text=None):
    return subprocess.run([nautilus.command, *arguments], capture_output=True, text=True,
                          input=text, timeout=LIMIT, check=False)


def output(nautilus, *arguments):
    done = run(nautilus, *arguments)
    expect((done.returncode, done.stderr), (OK, ""), f"nautilus {arguments}")
    return done.stdout


def options_of(nautilus, *command):
    return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", output(nautilus, *command, "--help"), re.M))


def help_says(nautilus, command):
    """Examples everywhere, and the exit statuses where there is something to exit with."""
    def case(_):
        text = output(nautilus, command, "--help")
        if "xample" not in text and command not in ("demo", "info", "relay"):
            raise Failed(f"no example: {text}")
        if command in ("serve", "connect"):
            for status in range(8):
                if not re.search(rf"\b{status}\b", text[text.index("Exit status"):]):
                    raise Failed(f"exit status {status} is not in the help")
    return case


def usage_errors(nautilus):
    def case(_):
        for arguments in ((), ("serv",), ("connect",), ("connect", "h:1", "--no-such-option"),
                          ("connect", "h:1", "--timeout", "soon"), ("serve", "--policy", "none"),
                          ("serve", "--client-auth", "maybe"), ("serve", "--allow-key", "zz"),
                          ("docs", "pdf"), ("speed", "--time", "0")):
            done = run(nautilus, *arguments)
            expect((done.returncode, done.stdout), (USAGE, ""), f"nautilus {arguments}")
            lines = done.stderr.splitlines()
            if not lines or not lines[0].startswith("nautilus: usage: "):
                raise Failed(f"{arguments}: {done.stderr!r}")
            if not re.fullmatch(r"try: nautilus ([a-z]+ )?--help", lines[-1]):
                raise Failed(f"{arguments}: {done.stderr!r}")
    return case


def version(nautilus):
    def case(_):
        if not re.fullmatch(r"nautilus \d+\.\d+\.\d+\n", output(nautilus, "--version")):
            raise Failed("no version")
    return case


def info(nautilus):
    def case(_):
        text = output(nautilus, "info")
        for part in ("X25519MLKEM768", "TLS_AES_256_GCM_SHA384"):
            if part not in text:
                raise Failed(f"{part} is not in {text}")
    return case


def info_of_libcrypto(nautilus):
    """`--crypto libcrypto` turns back to libcrypto wherever it has the primitive."""
    def case(_):
        told = json.loads(output(nautilus, "info", "--json", "--crypto", "libcrypto"))
        backends = {entry["name"]: entry["backend"] for entry in told["groups"] + told["suites"]}
        for name in ("x25519", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
            expect(backends[name], "libcrypto", name)
        expect(backends["X25519MLKEM768"], "libcrypto+nautilus", "the hybrid's backend")
        if any("Ed25519" in backend["note"] for backend in told["backends"]
               if backend["name"] == "nautilus"):
            raise Failed("Ed25519 stayed ours")
    return case


def speed(nautilus):
    """Every primitive on every backend that `info` calls available, with figures above zero."""
    def case(_):
        rows = json.loads(output(nautilus, "speed", "--json", "--time", "1"))
        seen = {(row["primitive"], row["operation"], row["backend"]) for row in rows}
        expect(len(seen), len(rows), "rows that differ")
        for row in rows:
            if row["operations_per_second"] <= 0 or row.get("cycles", 1) <= 0:
                raise Failed(f"no figure in {row}")
        wanted = {(f"ML-KEM-{size}", operation, "portable") for size in (512, 768, 1024)
                  for operation in ("key generation", "encapsulation", "decapsulation")}
        wanted |= {(f"ML-DSA-{size}", operation, "portable") for size in (44, 65, 87)
                   for operation in ("key from seed", "sign", "verify")}
        wanted |= {("X25519", "secret", backend) for backend in ("portable", "libcrypto")}
        wanted |= {("Ed25519", operation, backend) for operation in ("sign", "verify")
                   for backend in ("portable", "libcrypto")}
        wanted |= {(f"{kind} P-256", operation, "libcrypto")
                   for kind, operations in (("ECDH", ("key generation", "secret")),
                                            ("ECDSA", ("sign", "verify")))
                   for operation in operations}
        wanted |= {(f"RSA {bits} (PSS)", "sign", "libcrypto") for bits in (2048, 3072)}
        backends = ["libcrypto"]
        backends += [backend["name"] for backend in json.loads(output(nautilus, "info", "--json"))
                     ["backends"] if backend["name"] == "ipsec-mb" and backend["available"]]
        wanted |= {(cipher, f"{operation} 16384", backend)
                   for cipher in ("AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305")
                   for operation in ("seal", "open") for backend in backends}
        wanted |= {("SHA-256", "digest 64", "libcrypto"), ("HKDF SHA-384", "exporter", "libcrypto"),
                   ("X25519MLKEM768", "answer", "best")}
        expect(wanted - seen, set(), "what is missing")
    return case


def speed_of_one(nautilus):
    def case(_):
        text = output(nautilus, "speed", "--only", "X25519", "--time", "1")
        if "X25519MLKEM768" not in text or "Ed25519" in text or "per second" not in text:
            raise Failed(text)
        done = run(nautilus, "speed", "--only", "Enigma", "--time", "1")
        expect(done.returncode, USAGE, "a primitive that does not exist")
        if "Enigma" not in done.stderr or "try: nautilus speed" not in done.stderr:
            raise Failed(done.stderr)
    return case


def manual(nautilus):
    """Every option of every command, and every exit status."""
    def case(_):
        page = output(nautilus, "docs", "man").replace("\\-", "-")
        for command in COMMANDS:
            section = page[page.index(f'.SS "nautilus {command}"'):]
            section = section[:section.find('\n.SS "nautilus ', 1)]
            for option in options_of(nautilus, command):
                if f"\\fB{option}\\fR" not in section:
                    raise Failed(f"{option} of {command} is not in the manual")
        statuses = page[page.index('.SH "EXIT STATUS"'):]
        for status in range(8):
            if not re.search(rf"\b{status} ", statuses):
                raise Failed(f"exit status {status} is not in the manual")
    return case


def complete(nautilus, *words):
    """What bash offers for the last of these words."""
    script = output(nautilus, "docs", "bash") + """
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_nautilus
printf '%s\\n' "${COMPREPLY[@]}"
"""
    done = subprocess.run(["bash", "-c", script, "bash", "nautilus", *words], capture_output=True,
                          text=True, timeout=LIMIT, check=False)
    expect(done.stderr, "", "bash says")
    return set(done.stdout.split())


def bash(nautilus):
    def case(_):
        expect(set(COMMANDS) <= complete(nautilus, ""), True, "commands")
        expect(complete(nautilus, "con"), {"connect"}, "a command begun")
        expect({"ca", "server", "show"} <= complete(nautilus, "cert", ""), True, "subcommands")
        for command in ("serve", "connect"):
            expect(complete(nautilus, command, "--"), options_of(nautilus, command),
                   f"options of {command}")
        expect(complete(nautilus, "cert", "ca", "--o"), {"--out"}, "an option of a subcommand")
        expect(complete(nautilus, "serve", "--policy", "p"), {"pq_required"}, "a choice")
    return case


def zsh(nautilus):
    """Every option is there; zsh itself reads it where there is one."""
    def case(_):
        script = output(nautilus, "docs", "zsh")
        for command in ("serve", "connect"):
            body = script[script.index(f"_nautilus_{command}() {{"):]
            body = body[:body.index("\n}")]
            for option in options_of(nautilus, command):
                if f"'*{option}[" not in body:
                    raise Failed(f"{option} of {command} is not completed")
        if shutil.which("zsh"):
            done = subprocess.run(["zsh", "-n"], input=script, capture_output=True, text=True,
                                  timeout=LIMIT, check=False)
            expect((done.returncode, done.stderr), (0, ""), "zsh -n")
    return case


def cases(nautilus):
    for command in COMMANDS:
        yield f"help_{command}", help_says(nautilus, command)
    for function in (usage_errors, version, info, info_of_libcrypto, speed, speed_of_one, manual,
                     bash, zsh):
        yield function.__name__, function(nautilus)
