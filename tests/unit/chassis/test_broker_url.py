"""What a broker's URL may say, and how what it must not say is refused."""

import pytest

from chassis.broker.url import BrokerUrlError, Host, Tls, broker_url, read_broker_url, with_hosts

SECRET = "s%3Bcr%2Ft"


def test_a_plain_url_has_the_plain_port_and_no_tls() -> None:
    read = read_broker_url("amqp://cards:s%3Bcr%2Ft@one.example/a%2Fb")
    assert (read.hosts, read.user, read.password) == ((Host("one.example", 5672),), "cards", "s;cr/t")
    assert (read.virtual_host, read.tls) == ("a/b", None)


@pytest.mark.parametrize("path", ["", "/"])
def test_without_a_virtual_host_it_is_the_default_one(path: str) -> None:
    assert read_broker_url(f"amqp://u:p@one{path}").virtual_host == "/"


def test_amqps_has_its_own_port_and_checks_the_broker_unless_told_not_to() -> None:
    read = read_broker_url("amqps://u:p@one/v?cacertfile=/ca.pem&certfile=/c.pem&keyfile=/k.pem")
    assert read.hosts == (Host("one", 5671),)
    assert read.tls == Tls(ca="/ca.pem", certificate="/c.pem", key="/k.pem", verify=True, server_name=None)
    told = read_broker_url("amqps://u:p@one/?verify=verify_none&server_name_indication=broker.example").tls
    assert told == Tls(ca=None, certificate=None, key=None, verify=False, server_name="broker.example")


def test_several_hosts_are_several_urls_and_each_host_counts_once() -> None:
    read = read_broker_url("amqp://u:p@one/v;amqp://u:p@two:5000/v;amqp://u:p@[::1]/v; amqp://u:p@one:5672/v")
    assert [str(host) for host in read.hosts] == ["one:5672", "two:5000", "[::1]:5672"]
    assert read.virtual_host == "v"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must start with amqp:// or amqps://"),
        (f"http://u:{SECRET}@one/", "must start with amqp:// or amqps://"),
        (f"amqp://u:{SECRET}@one:port/", "its port is no number"),
        (f"amqp://u:{SECRET}@one:70000/", "its port is no number"),
        (f"amqp://u:{SECRET}@/v", "names no host"),
        (f"amqp://u:{SECRET}@one/a/b", "%2F is a slash"),
        (f"amqp://u:{SECRET}@one/v#x", "more than a virtual host"),
        (f"amqp://u:{SECRET}@one/v?cacertfile=/ca.pem", "not the scheme amqps"),
        (f"amqps://u:{SECRET}@one/v?cafile=/ca.pem", "not known: cafile"),
        (f"amqps://u:{SECRET}@one/v?verify=no", "neither verify_peer nor verify_none"),
        (f"amqps://u:{SECRET}@one/v?keyfile=/k.pem", "keyfile without a certfile"),
        (f"amqp://u:{SECRET}@one/v;amqp://u:{SECRET}@two/w", "differ in more than host and port"),
        (f"amqp://u:{SECRET}@one/v;amqps://u:{SECRET}@two/v", "differ in more than host and port"),
        (f"amqp://u:{SECRET}@one/v;amqp://u:other@two/v", "differ in more than host and port"),
        (f"amqp://u:{SECRET}@one/v;two:5672", "URL 2 of it must start with"),
        (f"amqp://u:{SECRET}@one/v;", "URL 2 of it must start with"),
    ],
)
def test_what_is_wrong_is_named_without_the_password(text: str, said: str) -> None:
    with pytest.raises(BrokerUrlError) as refused:
        read_broker_url(text)
    assert said in str(refused.value)
    assert SECRET not in str(refused.value)
    assert "s;cr/t" not in str(refused.value)


def test_the_password_is_not_shown() -> None:
    assert "s;cr/t" not in repr(read_broker_url(f"amqp://u:{SECRET}@one/"))


def test_a_url_that_is_written_is_read_as_it_was_meant() -> None:
    hosts = (Host("one", 5000), Host("::1", 5001))
    read = read_broker_url(broker_url("a:b", "p@;/", hosts, "v/w"))
    assert (read.hosts, read.user, read.password, read.virtual_host) == (hosts, "a:b", "p@;/", "v/w")


def test_the_same_url_leads_to_other_hosts() -> None:
    text = with_hosts("amqps://u:p@one/v?cacertfile=/ca.pem", [Host("two", 1), Host("three", 2)])
    read, before = read_broker_url(text), read_broker_url("amqps://u:p@one/v?cacertfile=/ca.pem")
    assert read.hosts == (Host("two", 1), Host("three", 2))
    assert (read.user, read.password, read.virtual_host, read.tls) == ("u", "p", "v", before.tls)
