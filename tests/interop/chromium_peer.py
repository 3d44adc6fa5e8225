"""Chromium without a window, told what to do over a pipe by the DevTools protocol."""

import json
import signal

from browser_peer import Facts, Root
from processes import Failed, Skipped
from report import Peer

SUITES = {"AES_128_GCM": "TLS_AES_128_GCM_SHA256", "AES_256_GCM": "TLS_AES_256_GCM_SHA384",
          "CHACHA20_POLY1305": "TLS_CHACHA20_POLY1305_SHA256"}
GROUPS = {"X25519": "x25519", "P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1"}
SIGNATURES = {0x0403: "ecdsa_secp256r1_sha256", 0x0503: "ecdsa_secp384r1_sha384",
              0x0804: "rsa_pss_rsae_sha256"}
# It speaks with nobody but this machine, and asks for nothing by itself.
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
    "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
    "--disable-component-update", "--disable-default-apps", "--disable-domain-reliability",
    "--disable-extensions", "--disable-sync", "--disable-client-side-phishing-detection",
    "--disable-breakpad", "--disable-crash-reporter", "--no-pings", "--no-proxy-server",
    "--metrics-recording-only", "--mute-audio", "--password-store=basic",
    "--disable-features=OptimizationHints,Translate,MediaRouter,AutofillServerCommunication",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
    "--enable-features=EnableTLS13EarlyData",
    "--log-level=3", "--remote-debugging-pipe",
)


class Chromium:
    def __init__(self, folder):
        if not folder:
            raise Skipped("no folder with Chromium")
        self.root = Root(folder)
        self.program = self.root.usr / "lib/chromium/chromium"
        version = self.root.version(self.program)
        self.about = Peer("Chromium", version)

    def start(self, scene, ca=None, identity=None, port=None):
        """`identity` is shown to https://localhost:`port` without asking anybody."""
        home = scene.folder / "home"
        self.root.database(home / ".pki/nssdb", ca, identity)
        profile = scene.folder / "profile"
        if identity:
            (profile / "Default").mkdir(parents=True)
            (profile / "Default/Preferences").write_text(json.dumps({"profile": {
                "content_settings": {"exceptions": {"auto_select_certificate": {
                    f"https://localhost:{port},*": {"setting": {"filters": [{}]}}}}}}}), "utf-8")
        # The DevTools protocol is spoken on descriptors 3 and 4.
        return Browser(scene.start("chromium", [
            "sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2', "sh", self.program, *OPTIONS,
            f"--user-data-dir={profile}", "about:blank"], self.root.environment(home)))


class Browser:
    def __init__(self, child):
        self.child = child
        self._sent = 0
        self._session = None
        self._read = 0
        self._messages = []
        pages = self.call("Target.getTargets")["targetInfos"]
        target = next(page["targetId"] for page in pages if page["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target,
                                  flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")

    def _wait(self, what, wanted, since=0):
        """The first message from `since` on that `wanted` says yes to."""
        def found():
            data = self.child.output()
            end = data.rfind(b"\0")
            if end >= self._read:
                self._messages += [json.loads(text) for text in
                                   data[self._read:end].split(b"\0")]
                self._read = end + 1
            return next((message for message in self._messages[since:] if wanted(message)), None)
        return self.child.wait_until(found, what)

    def call(self, method, **parameters):
        self._sent += 1
        number, message = self._sent, {"id": self._sent, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self.child.write(json.dumps(message).encode() + b"\0")
        answer = self._wait(method, lambda message: message.get("id") == number)
        if "error" in answer:
            raise Failed(f"chromium: {method}: {answer['error']}")
        return answer["result"]

    def _navigate(self, url):
        since = len(self._messages)
        return since, self.call("Page.navigate", url=url)

    def open(self, url):
        """Loads a page; what Chromium says of its connection."""
        since, done = self._navigate(url)
        if "errorText" in done:
            raise Failed(f"chromium: {url}: {done['errorText']}")
        self._wait("the page", lambda message: message.get("method") == "Page.loadEventFired",
                   since)
        answer = self._wait(
            "the page's response", lambda message:
            message.get("method") == "Network.responseReceived" and
            message["params"]["loaderId"] == done["loaderId"] and
            message["params"]["type"] == "Document", since)["params"]["response"]
        if answer["securityState"] != "secure":
            raise Failed(f"chromium: {answer['securityState']}")
        facts = answer["securityDetails"]
        group = facts.get("keyExchangeGroup") or facts["keyExchange"]
        return Facts(facts["protocol"], SUITES.get(facts["cipher"], facts["cipher"]),
                     GROUPS.get(group, group),
                     SIGNATURES.get(facts.get("serverSignatureAlgorithm")),
                     facts["subjectName"], None)

    def refuses(self, url):
        """Why a page does not load."""
        done = self._navigate(url)[1]
        if "errorText" not in done:
            raise Failed(f"chromium loads {url}")
        return done["errorText"]

    def evaluate(self, body):
        """What the body of an asynchronous function in the page returns."""
        done = self.call("Runtime.evaluate", expression=f"(async () => {{{body}}})()",
                         awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise Failed(f"chromium: {done['exceptionDetails']}")
        return done["result"].get("value")

    def quit(self):
        self._session = None
        self.call("Browser.close")
        self.child.finish(0, -signal.SIGTERM)
