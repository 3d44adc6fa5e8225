"""What Chromium and Firefox need before they run: their libraries, and a database of certificates.

Both are unpacked by debroot.sh from a release that is not newer than the system's, and run on the
system's own C library: they start themselves again, which no loader of their own would survive.
"""

import pathlib
import re
import subprocess
import tempfile
import typing

from processes import LIMIT, Failed, Skipped

C_LIBRARY = re.compile(r"(ld-linux.*|lib(anl|BrokenLocale|c|c_malloc_debug|dl|m|memusage|mvec|nsl|"
                       r"nss_(compat|dns|files|hesiod)|pcprofile|pthread|resolv|rt|thread_db|util))"
                       r"\.so(\.\d+)?")


class Facts(typing.NamedTuple):
    """A connection in the words of the browser, by the names of RFC 9846; None: it does not say."""
    protocol: str
    suite: str
    group: str
    signature: str
    subject: str  # common name of the server's certificate
    resumed: typing.Optional[bool]


class Root:
    """Programs below a folder as debroot.sh unpacks it."""

    def __init__(self, folder):
        self.usr = pathlib.Path(folder).resolve() / "usr"
        self._links = tempfile.TemporaryDirectory(prefix="interop-libraries-")
        for library in self.usr.glob("lib/*-linux-gnu/**/*.so*"):
            link = pathlib.Path(self._links.name) / library.name
            if not C_LIBRARY.fullmatch(library.name) and not link.is_symlink():
                link.symlink_to(library)

    def environment(self, home, first=None):
        """For a program that keeps what it keeps below `home`; `first` has libraries of its own."""
        fonts = self.usr.parent
        libraries = [str(path) for path in (first, self._links.name) if path]
        return {
            "HOME": str(home), "LD_LIBRARY_PATH": ":".join(libraries),
            "FONTCONFIG_PATH": str(fonts / "etc/fonts"), "FONTCONFIG_SYSROOT": str(fonts),
            "XDG_CONFIG_HOME": f"{home}/.config", "XDG_CACHE_HOME": f"{home}/.cache",
            "XDG_DATA_HOME": f"{home}/.local", "XDG_RUNTIME_DIR": str(home),
            # No bus, no display, no proxy.
            "DBUS_SESSION_BUS_ADDRESS": "disabled:", "DISPLAY": "", "WAYLAND_DISPLAY": "",
            "http_proxy": "", "https_proxy": "", "HTTP_PROXY": "", "HTTPS_PROXY": "",
        }

    def version(self, program, first=None):
        """What the program says of itself, or Skipped."""
        with tempfile.TemporaryDirectory(prefix="interop-home-") as home:
            try:
                done = subprocess.run([str(program), "--version"], capture_output=True, text=True,
                                      env=self.environment(home, first), timeout=LIMIT, check=True)
            except (OSError, subprocess.SubprocessError) as error:
                raise Skipped(f"no {program.name}: {error}") from None
        version = done.stdout.strip()
        print(f"peer: {version}", flush=True)
        return version

    def _tool(self, name, home, *arguments):
        environment = self.environment(home)
        environment["PATH"] = "/usr/bin:/bin"
        done = subprocess.run([str(self.usr / "bin" / name), *map(str, arguments)],
                              capture_output=True, text=True, timeout=LIMIT, env=environment,
                              check=False)
        if done.returncode != 0:
            raise Failed(f"{name} {arguments}: {done.stderr}")

    def database(self, folder, ca=None, identity=None):
        """An NSS database in `folder` that trusts `ca` for servers and holds the key and the
        certificate of `identity`."""
        folder.mkdir(parents=True, exist_ok=True)
        database = f"sql:{folder}"
        self._tool("certutil", folder, "-N", "-d", database, "--empty-password")
        if ca:
            self._tool("certutil", folder, "-A", "-d", database, "-n", "ca", "-t", "C,,", "-i",
                       f"{ca}.pem")
        if identity:
            bundle = folder / "identity.p12"
            subprocess.run(["openssl", "pkcs12", "-export", "-in", f"{identity}.pem", "-inkey",
                            f"{identity}.key", "-out", str(bundle), "-passout", "pass:x"],
                           check=True, timeout=LIMIT)
            self._tool("pk12util", folder, "-i", bundle, "-d", database, "-W", "x", "-K", "")
