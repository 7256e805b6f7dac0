"""Values that a provider makes once: placeholders, so that what is built from them can be rendered all the same.

Without one, an object of which a single value is unknown is unknown as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.struct_pb2 import Struct, Value

from .configuration import SECRET

GENERATED = "<generated>"
"""Stands for a value that is not secret."""

MARK = "4dabf18193072939515e22adb298388d"
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"
"""Pulumi's wire format: an object with this mark is an envelope around a secret (pulumi/pulumi, sdk/python, rpc.py)."""

OUTPUT_MARK = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
"""The same around an output, of which ``secret`` says whether it is one."""

_OUTPUTS: Mapping[str, Mapping[str, str]] = {
    "pulumi-python:dynamic/mysql-k8s:GeneratedPassword": {"password": SECRET},
    "pulumi-python:dynamic/mysql-k8s:CertificateAuthority": {"certificate": GENERATED, "private_key": SECRET},
    "pulumi-python:dynamic/mysql-k8s:ServerCertificate": {"certificate": GENERATED, "private_key": SECRET},
    "random:index/randomPassword:RandomPassword": {"result": SECRET, "bcryptHash": SECRET},
    "random:index/randomString:RandomString": {"result": GENERATED},
    "random:index/randomBytes:RandomBytes": {"base64": SECRET, "hex": SECRET},
    "random:index/randomUuid:RandomUuid": {"result": GENERATED},
    "tls:index/privateKey:PrivateKey": {"privateKeyPem": SECRET, "publicKeyPem": GENERATED},
    "tls:index/selfSignedCert:SelfSignedCert": {"certPem": GENERATED},
    "tls:index/locallySignedCert:LocallySignedCert": {"certPem": GENERATED},
}


def with_outputs(type_: str, inputs: Struct) -> Struct:
    """The state of a new resource: its inputs, and placeholders for what it generates."""
    state = Struct()
    state.CopyFrom(inputs)
    for output, placeholder in _OUTPUTS.get(type_, {}).items():
        if placeholder == SECRET:
            state.update({output: {MARK: SECRET_MARK, "value": SECRET}})
        else:
            state.update({output: placeholder})
    return state


def as_outputs(struct: Struct) -> None:
    """Turn envelopes around secrets into those around outputs: a transform would see a whole table as one secret."""
    if MARK in struct.fields and struct.fields[MARK].string_value == SECRET_MARK:
        struct.fields[MARK].string_value = OUTPUT_MARK
        struct.fields["secret"].bool_value = True
    for value in list(struct.fields.values()):
        _as_outputs(value)


def _as_outputs(value: Value) -> None:
    if value.WhichOneof("kind") == "struct_value":
        as_outputs(value.struct_value)
    for item in value.list_value.values if value.WhichOneof("kind") == "list_value" else ():
        _as_outputs(item)
