"""Passwords and certificates: made once, then kept."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509 as crypto
from cryptography.x509.verification import PolicyBuilder, Store
from pulumi.dynamic.dynamic import serialize_provider

from mysql_k8s.generated import password, x509
from mysql_k8s.generated.certificates import AuthorityProvider, ServerProvider
from mysql_k8s.generated.password import PasswordProvider
from mysql_k8s.names import Names

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
YEAR = dt.timedelta(days=365)
NAMES = Names.of("orders", "shop").certificate_names


@pytest.fixture(scope="module")
def authority() -> x509.KeyPair:
    return x509.certificate_authority("orders CA", NOW)


@pytest.fixture(scope="module")
def server(authority: x509.KeyPair) -> x509.KeyPair:
    return x509.server_certificate(authority, NAMES, 3 * YEAR, NOW)


def load(pair: x509.KeyPair) -> crypto.Certificate:
    return crypto.load_pem_x509_certificate(pair.certificate.encode())


@pytest.mark.parametrize(
    "host", ["orders-0.orders.shop.svc", "orders-primary.shop.svc", "orders-read.shop.svc.cluster.local", "localhost"]
)
def test_a_client_that_trusts_the_ca_accepts_the_server(
    authority: x509.KeyPair, server: x509.KeyPair, host: str
) -> None:
    store = Store([load(authority)])
    verifier = PolicyBuilder().store(store).time(NOW + YEAR).build_server_verifier(crypto.DNSName(host))
    assert verifier.verify(load(server), [])


def test_a_client_refuses_other_hosts_and_other_cas(authority: x509.KeyPair, server: x509.KeyPair) -> None:
    other = x509.certificate_authority("orders CA", NOW)
    for ca, host in ((authority, "orders-0.orders.other.svc"), (other, "orders-primary.shop.svc")):
        builder = PolicyBuilder().store(Store([load(ca)])).time(NOW + YEAR)
        with pytest.raises(crypto.verification.VerificationError):
            builder.build_server_verifier(crypto.DNSName(host)).verify(load(server), [])


def test_openssl_agrees(authority: x509.KeyPair, server: x509.KeyPair, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(authority.certificate)
    (tmp_path / "tls.crt").write_text(server.certificate)
    moment = str(int((NOW + YEAR).timestamp()))
    for purpose in ("sslserver", "sslclient"):
        command = ["openssl", "verify", "-x509_strict", "-attime", moment, "-purpose", purpose, "-CAfile", "ca.crt"]
        done = subprocess.run([*command, "tls.crt"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stdout == "tls.crt: OK\n", done.stderr


def test_a_certificate_never_outlives_its_ca(authority: x509.KeyPair) -> None:
    late = x509.server_certificate(authority, NAMES, 3 * YEAR, NOW + 9 * YEAR)
    assert load(late).not_valid_after_utc == load(authority).not_valid_after_utc


def test_the_last_third_of_a_life(server: x509.KeyPair) -> None:
    assert not x509.in_last_third(server.certificate, NOW + dt.timedelta(days=729))
    assert x509.in_last_third(server.certificate, NOW + dt.timedelta(days=731))


def certificate_props(**changes: Any) -> dict[str, Any]:
    authority = AuthorityProvider().create({"common_name": "orders CA"}).outs or {}
    return {
        "ca_certificate": authority["certificate"],
        "ca_private_key": authority["private_key"],
        "names": list(NAMES),
        # As the engine hands it over.
        "validity_days": 1095.0,
    } | changes


def test_a_certificate_is_kept_until_something_about_it_changes() -> None:
    provider, props = ServerProvider(), certificate_props()
    outs = provider.create(props).outs or {}
    assert provider.diff("id", outs, props).changes is False
    assert provider.diff("id", outs, {**props, "names": ["localhost"]}).changes is True
    assert provider.diff("id", outs, {**props, "ca_certificate": "another"}).changes is True


def test_a_certificate_in_its_last_third_is_renewed_by_the_same_ca() -> None:
    provider, props = ServerProvider(), certificate_props()
    old = provider.create(props).outs or {}
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=731)
    ca = x509.KeyPair(props["ca_certificate"], props["ca_private_key"])
    aged = {**old, "certificate": x509.server_certificate(ca, NAMES, 3 * YEAR, past).certificate}
    assert provider.diff("id", aged, props).changes is True
    renewed = provider.update("id", aged, props).outs or {}
    assert provider.diff("id", renewed, props).changes is False
    assert renewed["ca_certificate"] == old["ca_certificate"]
    assert renewed["private_key"] != old["private_key"]


def test_the_cas_key_is_not_stored_a_second_time() -> None:
    props = certificate_props()
    assert props["ca_private_key"] not in (ServerProvider().create(props).outs or {}).values()


def test_nothing_changes_a_ca_or_a_password() -> None:
    assert AuthorityProvider().diff("id", {"common_name": "a"}, {"common_name": "b"}).changes is False
    assert PasswordProvider().diff("id", {}, {}).changes is False


def test_passwords_are_long_differ_and_need_no_quoting() -> None:
    made = [password.generate() for _ in range(200)]
    assert len(set(made)) == 200
    assert all(len(each) == 32 and each.replace("_", "").replace("-", "").isalnum() for each in made)
    assert not any(each.startswith("-") for each in made)


def test_the_state_refers_to_providers_by_name() -> None:
    """So that a new version of the library changes no resource, and an old stack runs the new code."""
    providers = [PasswordProvider, AuthorityProvider, ServerProvider]
    stored = [serialize_provider(provider()) for provider in providers]
    assert all(len(each) < 200 for each in stored)
    code = (
        "import sys, base64, dill; print(*(type(dill.loads(base64.b64decode(each))).__name__ for each in sys.argv[1:]))"
    )
    done = subprocess.run([sys.executable, "-c", code, *stored], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [provider.__name__ for provider in providers]
