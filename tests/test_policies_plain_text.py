"""Credentials wherever a manifest can hold one; and no message ever repeats one."""

from __future__ import annotations

from typing import Any

import pytest
from policy_judge import UNKNOWN, judge
from policy_manifests import MYSQLD, POD, SECRET, SERVICE, changed, stateful_set

RULE = "no-plain-text-passwords"
CONFIG_MAP: dict[str, Any] = {"kind": "ConfigMap", "metadata": {"name": "cnf", "namespace": "shop"}, "data": {}}
POD_ANNOTATIONS = "spec.template.metadata.annotations"


def env(name: str, value: Any) -> dict[str, Any]:
    return stateful_set(**{f"{MYSQLD}.env": [{"name": name, "value": value}]})


def data(**items: str) -> dict[str, Any]:
    return changed(CONFIG_MAP, {"data": {key.replace("__", "."): text for key, text in items.items()}})


LEAKS: list[tuple[str, dict[str, Any]]] = [
    ("env MYSQL_ROOT_PASSWORD of container 'mysqld'", env("MYSQL_ROOT_PASSWORD", "hunter2")),
    ("env API_KEY", env("API_KEY", "hunter2")),
    ("env DATABASE_URL", env("DATABASE_URL", "mysql://app:hunter2@orders/shop")),
    ("env MYSQL_EXTRA_FLAGS", env("MYSQL_EXTRA_FLAGS", "--report-password=hunter2")),
    ("env MYSQL_ALLOW_EMPTY_PASSWORD", env("MYSQL_ALLOW_EMPTY_PASSWORD", "yes")),
    (
        "init container 'exporter'",
        stateful_set(**{f"{POD}.initContainers.0.env": [{"name": "DB_PASS", "value": "hunter2"}]}),
    ),
    ("command of container 'mysqld'", stateful_set(**{f"{MYSQLD}.command": ["sh", "-c", "mysql -uroot -phunter2"]})),
    ("command of container 'mysqld'", stateful_set(**{f"{MYSQLD}.args": ["--password=hunter2"]})),
    ("livenessProbe", stateful_set(**{f"{MYSQLD}.livenessProbe.exec.command": ["mysqladmin", "ping", "-phunter2"]})),
    (
        "preStop",
        stateful_set(
            **{f"{MYSQLD}.lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "MYSQL_PWD=hunter2 mysql"]}}}}
        ),
    ),
    ("annotation example.com/password", stateful_set(**{"metadata.annotations": {"example.com/password": "hunter2"}})),
    ("pod annotation dsn", stateful_set(**{POD_ANNOTATIONS: {"dsn": "mysql://a:hunter2@h/d"}})),
    ("annotation root-password", changed(SERVICE, {"metadata.annotations": {"root-password": "hunter2"}})),
    ("data['password']", data(password="hunter2")),
    ("data['my.cnf']", data(my__cnf="[client]\nuser=root\npassword = hunter2\n")),
    ("data['app.yaml']", data(app__yaml="database:\n  user: app\n  password: hunter2\n")),
    ("data['url']", data(url="postgresql://app:hunter2@db/x")),
    ("data['init.sql']", data(init__sql="CREATE USER app IDENTIFIED BY 'hunter2';")),
    ("data['key.pem']", data(key__pem="-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n")),
    ("spec.externalName", changed(SERVICE, {"spec.externalName": "mysql://app:hunter2@db"})),
]


@pytest.mark.parametrize(("where", "manifest"), LEAKS, ids=[where for where, _ in LEAKS])
def test_a_credential_in_plain_text(where: str, manifest: dict[str, Any]) -> None:
    verdict = judge(RULE, manifest)
    assert any(where in message for message in verdict.violations), verdict.violations
    assert "hunter2" not in " ".join(verdict.violations) + verdict.note


def test_a_credential_out_of_a_config_map() -> None:
    reference = {"name": "MYSQL_PASSWORD", "valueFrom": {"configMapKeyRef": {"name": "cnf", "key": "x"}}}
    assert "out of a ConfigMap" in judge(RULE, stateful_set(**{f"{MYSQLD}.env": [reference]})).violations[0]


@pytest.mark.parametrize(
    "manifest",
    [
        env("MYSQL_ROOT_PASSWORD_FILE", "/run/secrets/root"),
        env("MYSQL_RANDOM_ROOT_PASSWORD", "yes"),
        env("MYSQL_ALLOW_EMPTY_PASSWORD", "no"),
        env("MYSQL_ROOT_PASSWORD", ""),
        env("DATABASE_URL", "mysql://app:$(MYSQL_PASSWORD)@orders/shop"),
        env("PWD", "/work"),
        env("TOKEN", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        env("PASSWORD_POLICY", "MEDIUM"),
        stateful_set(
            **{f"{MYSQLD}.livenessProbe.exec.command": ["sh", "-c", 'mysqladmin ping -p"$MYSQL_ROOT_PASSWORD"']}
        ),
        stateful_set(**{POD_ANNOTATIONS: {"vault.hashicorp.com/agent-inject-secret-db": "database/creds"}}),
        stateful_set(**{POD_ANNOTATIONS: {"checksum/secret": "ab12", "secret.reloader.stakater.com/reload": "orders"}}),
        changed(SERVICE, {"metadata.annotations": {"nginx.ingress.kubernetes.io/auth-tls-secret": "shop/ca"}}),
        data(my__cnf="[mysqld]\nvalidate_password.policy = STRONG\ndefault_password_lifetime = 0\nssl_key=/tls/key\n"),
        data(run__sh='#!/bin/sh\nexport MYSQL_PWD="$(cat /run/secrets/pw)"\nmysql -e "select 1"\n'),
        data(ca__crt="-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
        SECRET,
    ],
)
def test_what_is_none(manifest: dict[str, Any]) -> None:
    verdict = judge(RULE, manifest)
    assert (verdict.violations, verdict.note) == ([], "")


def test_what_is_not_known_yet() -> None:
    verdict = judge(RULE, env("MYSQL_ROOT_PASSWORD", UNKNOWN))
    assert verdict.violations == []
    assert "env MYSQL_ROOT_PASSWORD of container 'mysqld'" in verdict.note
    assert judge(RULE, env("MYSQL_DATABASE", UNKNOWN)).note == ""
    assert "data['x'] of ConfigMap 'shop/cnf'" in judge(RULE, data(x=UNKNOWN)).note


def test_exceptions() -> None:
    bad = data(password="hunter2")
    assert judge(RULE, bad, config={"exceptions": ["ConfigMap/cnf"]}).violations == []
