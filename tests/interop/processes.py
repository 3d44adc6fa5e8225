"""Child processes that cannot outlive their test: each has a deadline, and is killed by its id."""

import os
import pathlib
import re
import subprocess
import threading
import time

LIMIT = float(os.environ.get("NAUTILUS_INTEROP_LIMIT", "60"))  # seconds, for one child
TAIL = 4000  # bytes of a child's output that a failure shows


class Failed(Exception):
    """A test found what it must not find."""


class Skipped(Exception):
    """A test cannot run here; says why."""


def expect(actual, wanted, what):
    if actual != wanted:
        raise Failed(f"{what}: expected {wanted!r}, got {actual!r}")


class Child:
    """One process with pipes. Both outputs are read all the time: it never blocks on them."""

    def __init__(self, label, arguments, environment=None):
        self.label = label
        self.arguments = [str(argument) for argument in arguments]
        self._changed = threading.Condition()
        self._output = {"stdout": bytearray(), "stderr": bytearray()}
        self._reading = 2
        self._until = time.monotonic() + LIMIT
        self._process = subprocess.Popen(
            self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            bufsize=0, env={**os.environ, **(environment or {})})
        self.pid = self._process.pid
        self._watchdog = threading.Timer(LIMIT, self.kill)
        self._watchdog.daemon = True
        self._watchdog.start()
        self._threads = []
        for name in self._output:
            self._background(self._read, name)

    def _background(self, function, argument):
        thread = threading.Thread(target=function, args=(argument,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _read(self, name):
        pipe = getattr(self._process, name)
        while True:
            data = os.read(pipe.fileno(), 1 << 16)
            with self._changed:
                if not data:
                    self._reading -= 1
                self._output[name] += data
                self._changed.notify_all()
            if not data:
                return

    def output(self, name="stdout"):
        with self._changed:
            return bytes(self._output[name])

    def text(self, name="stdout"):
        return self.output(name).decode("utf-8", "replace")

    def wait_until(self, condition, what):
        """What `condition()` returns, once that is true; called after every piece of output."""
        with self._changed:
            while True:
                result = condition()
                if result:
                    return result
                left = self.time_left()
                if self._reading == 0 or left <= 0:
                    why = "ended" if self._reading == 0 else "is too slow"
                    raise Failed(f"{self.label} {why}; still waiting for {what}")
                self._changed.wait(left)

    def wait_text(self, pattern, name="stdout"):
        return self.wait_until(lambda: re.search(pattern.encode(), self._output[name], re.M),
                               f"/{pattern}/ in its {name}")

    def wait_bytes(self, count, name="stdout"):
        self.wait_until(lambda: len(self._output[name]) >= count, f"{count} bytes in its {name}")
        return self.output(name)

    def write(self, data):
        try:
            view = memoryview(data)
            while view:
                view = view[self._process.stdin.write(view):]
        except OSError:
            pass  # what the child did with it is judged by its output

    def feed(self, data):
        """Writes in the background: more than a pipe holds."""
        self._background(self.write, data)

    def close_input(self):
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def time_left(self):
        return self._until - time.monotonic()

    def ended(self):
        return self._process.poll() is not None

    def signal(self, number):
        if not self.ended():
            self._process.send_signal(number)

    def finish(self, *statuses):
        """Waits for the end; the exit status must be one of these (0 when none is named)."""
        self.wait_until(lambda: self._reading == 0, "its end")
        try:
            status = self._process.wait(max(self.time_left(), 1))
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.label} does not end") from None
        if status not in (statuses or (0,)):
            raise Failed(f"{self.label} ended with status {status}")
        return status

    def kill(self):
        if not self.ended():
            self._process.kill()

    def reap(self):
        self._watchdog.cancel()
        self.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(5)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass

    def account(self):
        lines = [f"-- {self.label}: {' '.join(self.arguments)}"]
        for name in self._output:
            text = self.text(name)[-TAIL:]
            lines += [f"   {name}: {line}" for line in text.splitlines()]
        return "\n".join(lines)


class Scene:
    """The children of one test and its scratch folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._children = []

    def start(self, label, arguments, environment=None):
        child = Child(label, arguments, environment)
        self._children.append(child)
        return child

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self._children:
            child.kill()
        for child in self._children:
            child.reap()

    def account(self):
        return "\n".join(child.account() for child in self._children)


def listening_port(child):
    """The TCP port that a child listens on, from the kernel: no port is chosen before, so none can
    be taken meanwhile, and no connection is spent on finding out."""
    while child.time_left() > 0:
        if child.ended():
            raise Failed(f"{child.label} ended before it listened")
        sockets = set()
        for entry in pathlib.Path(f"/proc/{child.pid}/fd").glob("*"):
            try:
                sockets.update(re.findall(r"^socket:\[(\d+)\]$", os.readlink(entry)))
            except OSError:
                pass
        for table in ("tcp", "tcp6"):
            try:
                lines = pathlib.Path(f"/proc/{child.pid}/net/{table}").read_text().splitlines()[1:]
            except OSError:
                continue
            for fields in map(str.split, lines):
                if fields[3] == "0A" and fields[9] in sockets:
                    return int(fields[1].rpartition(":")[2], 16)
        time.sleep(0.01)
    raise Failed(f"{child.label} does not listen")
