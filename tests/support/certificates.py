"""A certificate authority and what it signed, as PEM files: certificates.py FOLDER HOST writes ca.pem, server.pem, key.pem."""

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FOLDER, HOST = Path(sys.argv[1]), sys.argv[2]


def certificate(name, key, issuer, signer, extension):
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=False)
    )
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def named(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
root = named("inspecting proxy")
constraints = x509.BasicConstraints(ca=True, path_length=0)
names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
(FOLDER / "ca.pem").write_bytes(certificate(root, authority, root, authority, constraints))
(FOLDER / "server.pem").write_bytes(certificate(named(HOST), server, root, authority, names))
(FOLDER / "key.pem").write_bytes(
    server.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
)
