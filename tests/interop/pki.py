"""Certificates that the command does not make: expired ones, chains with an intermediate."""

CONFIGURATION = """
[ca]
default_ca = ca
[ca]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = policy
x509_extensions = extensions
[policy]
commonName = supplied
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {role}Auth
subjectAltName = DNS:{name}
"""


def expired_identity(nautilus, openssl, folder, role):
    """PATH/NAME of a certificate whose time was over in 2021, from the test CA."""
    ca, key = nautilus.ca(), nautilus.identity(role)
    path = folder / f"expired-{role}"
    name = "localhost" if role == "server" else "client.example"
    config = folder / "ca.cnf"
    config.write_text(CONFIGURATION.format(folder=folder, role=role, name=name))
    (folder / "index.txt").write_text("")
    openssl.run("req", "-new", "-key", f"{key}.key", "-subj", f"/CN=expired {role}", "-config",
                config, "-out", f"{path}.csr")
    openssl.run("ca", "-batch", "-notext", "-config", config, "-cert", f"{ca}.pem", "-keyfile",
                f"{ca}.key", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z",
                "-in", f"{path}.csr", "-out", f"{path}.pem")
    (folder / f"expired-{role}.key").write_bytes(key.with_name(key.name + ".key").read_bytes())
    return path


def openssl_chain(openssl, folder):
    """Made by OpenSSL alone: a root, an intermediate CA, and a leaf for each role. Returns
    PATH/NAME of the root and of the leaves; a leaf's NAME.pem has the whole chain but the root."""
    authority = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                 "keyUsage=critical,keyCertSign,cRLSign")

    def make(name, issuer, *extensions):
        path = folder / name
        signer = ("-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key") if issuer else ()
        openssl.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-noenc", "-keyout", f"{path}.key", "-out", f"{path}.pem", "-days", "2",
                    "-subj", f"/CN={name}", *signer, *extensions)
        return path

    root = make("root", None, *authority)
    middle = make("intermediate", root, *authority)
    leaves = {}
    for role, name in (("server", "localhost"), ("client", "client.example")):
        leaf = make(role, middle, "-addext", "basicConstraints=critical,CA:FALSE",
                    "-addext", "keyUsage=critical,digitalSignature",
                    "-addext", f"extendedKeyUsage={role}Auth",
                    "-addext", f"subjectAltName=DNS:{name}")
        with open(f"{leaf}.pem", "ab") as out:
            out.write(middle.with_name("intermediate.pem").read_bytes())
        leaves[role] = leaf
    return root, leaves["server"], leaves["client"]
