"""Firefox without a window, told what to do over a socket by its protocol Marionette."""

import json
import signal
import socket
import time

from browser_peer import Facts, Root
from processes import Failed, Skipped
from report import Peer

GROUPS = {"mlkem768x25519": "X25519MLKEM768", "P256": "secp256r1", "P384": "secp384r1",
          "P521": "secp521r1"}
SIGNATURES = {"ECDSA-P256-SHA256": "ecdsa_secp256r1_sha256",
              "ECDSA-P384-SHA384": "ecdsa_secp384r1_sha384",
              "RSA-PSS-SHA256": "rsa_pss_rsae_sha256"}
# It speaks with nobody but this machine, and asks for nothing by itself.
PREFERENCES = {
    "marionette.port": 0,
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.contentblocking.introCount": 99,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.sessionstore.resume_from_crash": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "browser.topsites.contile.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "dom.push.connection.enabled": False,
    "extensions.enabledScopes": 0,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "geo.provider.network.url": "",
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-manager.url": "data:,",
    "messaging-system.rsexperimentloader.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    # Whatever is not asked of this machine goes to a proxy that nobody runs.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.trr.mode": 5,
    "privacy.trackingprotection.enabled": False,
    "security.OCSP.enabled": 0,
    "security.default_personal_cert": "Select Automatically",
    "security.remote_settings.crlite_filters.enabled": False,
    "security.remote_settings.intermediates.enabled": False,
    "services.settings.server": "data:,",
    "signon.autofillForms": False,
    "toolkit.cosmeticAnimations.enabled": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
}
SECURITY = """
const security = gBrowser.selectedBrowser.securityUI.secInfo;
return [security.protocolVersion, security.cipherName, security.keaGroupName,
        security.signatureSchemeName, security.serverCert.commonName, security.resumed];
"""
REASON = """
return document.documentURI.startsWith("about:certerror")
  ? document.getFailedCertSecurityInfo().errorCodeString
  : document.getNetErrorInfo().errorCodeString;
"""
TLS13 = 4  # nsITransportSecurityInfo.TLS_VERSION_1_3


class Firefox:
    def __init__(self, folder):
        if not folder:
            raise Skipped("no folder with Firefox")
        self.root = Root(folder)
        self.program = self.root.usr / "lib/firefox-esr/firefox-esr"
        version = self.root.version(self.program, self.program.parent)
        self.about = Peer("Firefox", version)

    def start(self, scene, ca=None, identity=None, port=None):
        del port  # it shows its certificate to whoever asks
        profile = scene.folder / "profile"
        self.root.database(profile, ca, identity)
        (profile / "user.js").write_text("".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in PREFERENCES.items()), "utf-8")
        environment = self.root.environment(scene.folder, self.program.parent)
        # It heeds services.settings.server with the second of these only.
        environment.update(MOZ_CRASHREPORTER_DISABLE="1", MOZ_REMOTE_SETTINGS_DEVTOOLS="1",
                           MOZ_DISABLE_CONTENT_SANDBOX="1")
        child = scene.start("firefox", [
            self.program, "--headless", "--no-remote", "--profile", profile, "--marionette",
            "--remote-allow-system-access"], environment)
        return Browser(child, profile)


class Browser:
    def __init__(self, child, profile):
        self.child = child
        self._sent = 0
        port = profile / "MarionetteActivePort"
        while not (port.exists() and port.read_text()):
            if child.ended() or child.time_left() <= 0:
                raise Failed("firefox does not listen")
            time.sleep(0.02)
        self._socket = socket.create_connection(("127.0.0.1", int(port.read_text())),
                                                timeout=child.time_left())
        self._stream = self._socket.makefile("rwb")
        self._receive()  # its greeting
        self.call("WebDriver:NewSession", capabilities={
            "alwaysMatch": {"acceptInsecureCerts": False}})

    def _receive(self):
        size = b""
        while not size.endswith(b":"):
            octet = self._stream.read(1)
            if not octet:
                raise Failed("firefox has gone")
            size += octet
        return json.loads(self._stream.read(int(size[:-1])))

    def _ask(self, command, parameters):
        """(error, result)"""
        self._sent += 1
        self._socket.settimeout(max(self.child.time_left(), 1))
        text = json.dumps([0, self._sent, command, parameters]).encode()
        try:
            self._stream.write(b"%d:%s" % (len(text), text))
            self._stream.flush()
            return self._receive()[2:]
        except OSError as error:
            raise Failed(f"firefox: {command}: {error}") from None

    def call(self, command, **parameters):
        error, result = self._ask(command, parameters)
        if error:
            raise Failed(f"firefox: {command}: {error}")
        return result

    def _privileged(self, script):
        self.call("Marionette:SetContext", value="chrome")
        value = self.call("WebDriver:ExecuteScript", script=script, args=[])["value"]
        self.call("Marionette:SetContext", value="content")
        return value

    def open(self, url):
        """Loads a page; what Firefox says of its connection."""
        self.call("WebDriver:Navigate", url=url)
        version, suite, group, signature, subject, resumed = self._privileged(SECURITY)
        return Facts("TLS 1.3" if version == TLS13 else str(version), suite,
                     GROUPS.get(group, group), SIGNATURES.get(signature, signature), subject,
                     resumed)

    def refuses(self, url):
        """Why a page does not load."""
        error, _ = self._ask("WebDriver:Navigate", {"url": url})
        if not error:
            raise Failed(f"firefox loads {url}")
        return self.call("WebDriver:ExecuteScript", script=REASON, args=[])["value"]

    def evaluate(self, body):
        """What the body of an asynchronous function in the page returns."""
        return self.call("WebDriver:ExecuteScript", args=[],
                         script=f"return (async () => {{{body}}})();")["value"]

    def quit(self):
        """Ending well would take longer than most cases."""
        self.child.kill()
        self._socket.close()
        self.child.finish(-signal.SIGKILL)
