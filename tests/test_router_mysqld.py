"""A real MySQL Router before two real mysqld processes: TLS, a primary that is away, broken connections, limits."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pymysql
import pytest
from mysqld_members import START_SECONDS, RealMember, address, open_to_servers, rootfs_of, write_certificates
from mysqlrouter_process import ADDRESS, NAMES, SERVICES, RouterProcess, ServiceAddress, configuration, rootfs_of_router

from mysql_k8s import Router
from mysql_k8s.names import ROUTER_PORT, ROUTER_READ_PORT

pytestmark = pytest.mark.mysqld

PASSWORD = "correct horse/battery@staple"
ROUTER = Router(max_connections=700)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("routed")
    open_to_servers(folder)
    write_certificates(folder / "tls", [address(0), address(1), NAMES.router_host])
    return folder


@pytest.fixture(scope="module")
def members(folder: Path) -> Iterator[tuple[RealMember, RealMember]]:
    rootfs = rootfs_of("mysql")
    both = (RealMember(0, folder, rootfs), RealMember(1, folder, rootfs))
    for member in both:
        member.start()
    try:
        for member in both:
            wait_for_mysqld(member)
            prepare(member)
        yield both
    finally:
        for member in both:
            member.stop()


def wait_for_mysqld(member: RealMember) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return root_of(member).close()
        except pymysql.MySQLError as error:
            if time.monotonic() > end:
                pytest.fail(f"mysqld does not answer: {error}\n{member.log.read_text()[-3000:]}")
            member.start_if_ended()
            time.sleep(0.2)


def root_of(member: RealMember) -> pymysql.Connection:
    return pymysql.connect(unix_socket=str(member.socket), user="root", ssl_disabled=True, autocommit=True)


def prepare(member: RealMember) -> None:
    """As the agents leave a member: with an account, and open for clients."""
    with root_of(member) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL offline_mode = OFF")
        cursor.execute("SET GLOBAL super_read_only = OFF")
        cursor.execute("SET GLOBAL read_only = OFF")
        cursor.execute("CREATE USER IF NOT EXISTS app@'%%' IDENTIFIED WITH caching_sha2_password BY %s", (PASSWORD,))
        cursor.execute("SET GLOBAL max_connections = 1000")


@pytest.fixture(scope="module")
def primary(members: tuple[RealMember, RealMember]) -> ServiceAddress:
    return ServiceAddress(SERVICES[NAMES.primary_service])


@pytest.fixture(scope="module")
def router(folder: Path, members: tuple[RealMember, RealMember], primary: ServiceAddress) -> Iterator[RouterProcess]:
    own = folder / "router"
    own.mkdir()
    made = RouterProcess(own, rootfs_of_router(), ROUTER)
    made.start()
    reads = ServiceAddress(SERVICES[NAMES.read_service])
    reads.lead_to(address(1))
    yield made
    made.stop()
    reads.refuse()
    primary.refuse()


@pytest.fixture(autouse=True)
def as_it_should_be(router: RouterProcess, primary: ServiceAddress) -> None:
    primary.lead_to(address(0))


def connect(folder: Path, port: int = ROUTER_PORT, seconds: float = 10) -> pymysql.Connection:
    """Over TLS, with the server's name verified: the Router's."""
    verified = ssl.create_default_context(cafile=str(folder / "tls/ca.crt"))
    connection = pymysql.connect(
        host=NAMES.router_host, user="app", password=PASSWORD, ssl=verified, read_timeout=seconds, defer_connect=True
    )
    reached = socket.create_connection((ADDRESS, port), timeout=seconds)
    try:
        connection.connect(reached)
    except BaseException:
        reached.close()
        raise
    return connection


def asked(connection: pymysql.Connection, sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
        assert row is not None
        return str(row[-1])


def uuid(member: RealMember) -> str:
    with root_of(member) as connection:
        return asked(connection, "SELECT @@server_uuid")


def refusal(connecting: Callable[[], object]) -> str:
    with pytest.raises((pymysql.MySQLError, OSError)) as error:
        connecting()
    return str(error.value)


def test_each_port_leads_to_its_service(folder: Path, members: tuple[RealMember, RealMember]) -> None:
    for port, member in ((ROUTER_PORT, members[0]), (ROUTER_READ_PORT, members[1])):
        with connect(folder, port) as connection:
            assert asked(connection, "SELECT @@server_uuid") == uuid(member)


def test_tls_is_between_client_and_server(folder: Path) -> None:
    """The first login of an account needs TLS, or the server's key: the Router has neither, and is not asked."""
    with connect(folder) as connection:
        assert asked(connection, "SHOW SESSION STATUS LIKE 'Ssl_version'") == "TLSv1.3"
        assert connection._auth_plugin_name == "caching_sha2_password"  # pyright: ignore


def test_a_client_without_tls_is_refused_by_the_server(folder: Path) -> None:
    told = refusal(
        lambda: pymysql.connect(host=ADDRESS, port=ROUTER_PORT, user="app", password=PASSWORD, ssl_disabled=True)
    )
    assert "require_secure_transport" in told


def test_a_wrong_password_is_refused_by_the_server(folder: Path) -> None:
    context = ssl.create_default_context(cafile=str(folder / "tls/ca.crt"))
    context.check_hostname = False
    told = refusal(lambda: pymysql.connect(host=ADDRESS, port=ROUTER_PORT, user="app", password="wrong", ssl=context))
    assert "Access denied" in told


def test_without_a_primary_writers_are_told_at_once_and_reads_go_on(folder: Path, primary: ServiceAddress) -> None:
    primary.refuse()
    for _ in range(300):
        began = time.monotonic()
        assert "Can't connect to remote MySQL server" in refusal(lambda: connect(folder))
        assert time.monotonic() - began < 1
    with connect(folder, ROUTER_READ_PORT) as connection:
        assert asked(connection, "SELECT 1") == "1"


def test_a_new_primary_is_found_at_once(
    folder: Path, members: tuple[RealMember, RealMember], primary: ServiceAddress
) -> None:
    primary.refuse()
    for _ in range(200):
        refusal(lambda: connect(folder))
    primary.lead_to(address(1))
    began = time.monotonic()
    with connect(folder) as connection:
        assert asked(connection, "SELECT @@server_uuid") == uuid(members[1])
    print(f"\n  a new endpoint of the Service served {time.monotonic() - began:.3f} s after it was there")
    assert time.monotonic() - began < 0.9, "less than a look at a destination in quarantine would take"


def test_a_primary_that_is_gone_without_a_word_is_given_up_soon(
    folder: Path, members: tuple[RealMember, RealMember], primary: ServiceAddress
) -> None:
    primary.swallow()
    began = time.monotonic()
    assert "Can't connect to remote MySQL server" in refusal(lambda: connect(folder))
    assert 1.5 < time.monotonic() - began < 4
    with connect(folder, ROUTER_READ_PORT) as connection:
        assert asked(connection, "SELECT 1") == "1"
    primary.lead_to(address(0))
    with connect(folder) as connection:
        assert asked(connection, "SELECT @@server_uuid") == uuid(members[0])


def test_clients_of_a_server_that_dies_are_cut_off(folder: Path, members: tuple[RealMember, RealMember]) -> None:
    with connect(folder) as connection:
        asked(connection, "SELECT 1")
        members[0].kill_mysqld()
        began = time.monotonic()
        refusal(lambda: asked(connection, "SELECT 1"))
        assert time.monotonic() - began < 1
    wait_for_mysqld(members[0])
    prepare(members[0])


def test_clients_of_a_server_that_closes_are_cut_off(folder: Path, members: tuple[RealMember, RealMember]) -> None:
    """As a member does that has lost the majority."""
    with root_of(members[0]) as root, connect(folder) as connection:
        asked(connection, "SELECT 1")
        asked_by_root(root, "SET GLOBAL offline_mode = ON")
        refusal(lambda: asked(connection, "SELECT 1"))
        assert "offline mode" in refusal(lambda: connect(folder))
        asked_by_root(root, "SET GLOBAL offline_mode = OFF")


def asked_by_root(root: pymysql.Connection, sql: str) -> None:
    with root.cursor() as cursor:
        cursor.execute(sql)


def test_broken_connections_lock_nobody_out(folder: Path) -> None:
    """Neither by the Router, for which many clients may have one address, nor by mysqld, for which all have its own."""
    for _ in range(250):
        with socket.create_connection((ADDRESS, ROUTER_PORT), timeout=5) as half:
            half.recv(20)
    with connect(folder) as connection:
        assert asked(connection, "SELECT 1") == "1"


def test_it_takes_as_many_clients_as_it_says_and_no_more(folder: Path, router: RouterProcess) -> None:
    open_ones = [connect(folder) for _ in range(ROUTER.max_connections)]
    try:
        assert "Too many connections" in refusal(lambda: connect(folder))
        status = Path(f"/proc/{router.pid}/status").read_text()
        resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
        print(f"\n  {len(open_ones)} clients: {resident // 1024} MiB")
        assert resident < 128 * 1024
        assert router.is_healthy()
    finally:
        for each in open_ones:
            each.close()


def test_reads_and_writes_on_one_port_need_the_metadata_of_an_innodb_cluster(folder: Path) -> None:
    own = folder / "split"
    own.mkdir()
    split = RouterProcess(own, rootfs_of_router(), ROUTER)
    options = "access_mode = auto\nconnection_sharing = 1\nclient_ssl_mode = DISABLED"
    text = configuration(ROUTER).replace(f"= {ROUTER_PORT}", "= 6450").replace(f"= {ROUTER_READ_PORT}", "= 6451")
    split.configure(text.replace("client_ssl_mode = PASSTHROUGH", options).replace("port = 8080", "port = 8081"))
    assert split.launch().wait(30) != 0
    assert "'access_mode=auto' requires 'destinations=metadata-cache:...'" in split.log.read_text()


def test_it_ends_in_order(router: RouterProcess, folder: Path) -> None:
    connection = connect(folder)
    assert router.stop() < 10
    refusal(lambda: asked(connection, "SELECT 1"))
    router.start()
