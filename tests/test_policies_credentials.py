"""Names and texts that hold credentials, and their doubles that do not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mysql_policies import command_lines, texts
from mysql_policies.credentials import is_literal, names_credential

HOLDERS = """
MYSQL_ROOT_PASSWORD rootPassword DB_PASS PGPASSWORD DBPASSWORD mysql-password-app PASSWORD_APP MYSQL_PWD API_KEY apiKey
AWS_SECRET_ACCESS_KEY CLIENT_SECRET JWT_SECRET GITHUB_TOKEN private-key SMTP_PASSWORD2 report_password wsrep_sst_auth
POSTGRES_PASSWORD passwd DJANGO_SECRET_KEY ENCRYPTION_KEY TOKEN pass spring.datasource.password userPassword requirepass
"""
OTHERS = """
MYSQL_ROOT_PASSWORD_FILE validate_password.policy validate_password_length password_history default_password_lifetime
PASSWORD_POLICY TOKEN_URL TOKEN_TTL SECRET_NAME AWS_ACCESS_KEY_ID MYSQL_RANDOM_ROOT_PASSWORD password_encryption
proxy_pass BYPASS existingSecret tls_secret MAX_TOKENS ssl_key caching_sha2_password_private_key_path PRIMARY_KEY
caching_sha2_password_digest_rounds disconnect_on_expired_password mysql_native_password PUBLIC_KEY
password_require_current passwordSecretName AUTHOR PASSWORD_KEY default_authentication_plugin password_reuse_interval
"""


@pytest.mark.parametrize("name", HOLDERS.split())
def test_names_that_hold_a_credential(name: str) -> None:
    assert names_credential(name)


@pytest.mark.parametrize("name", OTHERS.split())
def test_names_that_are_only_about_one(name: str) -> None:
    assert not names_credential(name)


@pytest.mark.parametrize(
    "value", ["hunter2", "password", "secret", "changeme", "pa$$w0rd", "a b", "123456", "'x y'", "/w=="]
)
def test_literal_values(value: str) -> None:
    assert is_literal(value)


@pytest.mark.parametrize(
    "value",
    ["", "yes", "true", "$(DB_PASSWORD)", "${PW}", "{{ .Values.pw }}", "/run/secrets/pw", "$PW", "<from vault>", "***"],
)
def test_values_that_are_none(value: str) -> None:
    assert not is_literal(value)


@pytest.mark.parametrize(
    "command",
    [
        ["mysqladmin", "ping", "-phunter2"],
        ["sh", "-c", "mysqladmin ping -uroot -phunter2"],
        ["sh", "-c", "mysql -h127.0.0.1 -uroot -p\"hunter2\" -e 'SELECT 1'"],
        ["bash", "-c", "mysqldump -u root -p'hunter 2' db > /x"],
        ["sh", "-c", "MYSQL_PWD=hunter2 mysql -e 'select 1'"],
        ["sh", "-ec", "export MYSQL_PWD='hunter2'\nmysql"],
        ["mysqld", "--password=hunter2"],
        ["app", "--db-password", "hunter2"],
        ["app", "--token=hunter2"],
        ["mongosh", "-u", "a", "-p", "hunter2"],
        ["redis-cli", "-a", "hunter2"],
        ["redis-server", "--requirepass", "hunter2"],
        ["curl", "-u", "me:hunter2", "http://x"],
        ["psql", "postgresql://a:hunter2@h/d"],
        ["sh", "-c", "mysqladmin -u root password hunter2"],
        ["sh", "-c", "mysql -e \"CREATE USER 'a' IDENTIFIED BY 'hunter2'\""],
    ],
)
def test_commands_that_give_it_away(command: list[str]) -> None:
    found = list(command_lines.leaks(command))
    assert found
    assert "hunter" not in " ".join(found)


@pytest.mark.parametrize(
    "command",
    [
        ["mysqladmin", "ping", "-p$(MYSQL_ROOT_PASSWORD)"],
        ["sh", "-c", 'mysqladmin ping -p"${MYSQL_ROOT_PASSWORD}"'],
        ["sh", "-c", 'MYSQL_PWD="$(cat /run/secrets/pw)" mysql'],
        ["sh", "-c", "until mysql --user=$U --password=$P -e x; do sleep 1; done"],
        ["mysql", "-P", "3306", "-p"],
        ["mysql", "--password", "shop"],
        ["mysqld", "--validate-password=ON", "--default-authentication-plugin=caching_sha2_password"],
        ["sh", "-c", "mkdir -p /data && cp -pr /a /b && mysql -e 1"],
        ["curl", "-u", "root:${PW}", "x"],
        ["id", "-u", "mysql"],
        ["su-exec", "-u", "app:app", "server"],
        ["app", "--password-file=/x", "--tls-private-key-file=/x/y"],
        ["sh", "/etc/mysql-k8s/run.sh"],
    ],
)
def test_commands_that_do_not(command: list[str]) -> None:
    assert list(command_lines.leaks(command)) == []


@pytest.mark.parametrize(
    "text",
    [
        "[client]\nuser=root\npassword=hunter2\n",
        "db:\n  password: hunter2\n",
        "password: password",
        "password: 'hunter 2'",
        '{"user": "a", "password": "hunter2"}',
        "spring.datasource.password=hunter2",
        "url: mysql://root:hunter2@db/shop",
        "app:hunter2@tcp(db:3306)/shop",
        "export MYSQL_PWD=hunter2",
        "jdbc:mysql://db/shop?user=app&password=hunter2",
        "Server=db;User=app;Password=hunter2;",
        "requirepass hunter2",
        "define('DB_PASSWORD', 'hunter2');",
        '$settings["password"] = "hunter2";',
        "CREATE USER a IDENTIFIED WITH mysql_native_password BY 'hunter2';",
        "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='hunter2'",
        "#!/bin/sh\nmysql -uroot -phunter2 -e x\n",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2",
        "[mysqld]\nwsrep_sst_auth=root:hunter2",
    ],
)
def test_texts_that_give_it_away(text: str) -> None:
    found = list(texts.leaks(text))
    assert found
    assert "hunter" not in " ".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "[mysqld]\nvalidate_password.policy=MEDIUM\ndefault_password_lifetime=0\n",
        "password: ${DB_PASSWORD}",
        'password: "{{ .Values.pw }}"',
        "password = os.environ['X']",
        "password=$(cat /run/secrets/x)",
        "def f(password: str):\n  password = read()\n  self.password = password\n",
        "# password: hunter2",
        "password:\n  secretKeyRef:\n",
        "url: mysql://root:${P}@db/x\nother: http://host:8080/path\nrepo: ssh://git@host:22/x",
        "CREATE USER a IDENTIFIED BY '${PW}';",
        "The password: it must be long",
        "passwd: files sss",
        "image: repo:tag@sha256:abcd",
        "proxy_pass http://x;",
        "fields: ['password', 'token', 'secret']",
        "passwordEncoder: bcrypt",
        "url: https://x/login?token=${TOKEN}&secret=",
    ],
)
def test_texts_that_do_not(text: str) -> None:
    assert list(texts.leaks(text)) == []


@settings(max_examples=30)
@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    list(texts.leaks(text))
    list(command_lines.leaks([text, "mysql " + text]))
