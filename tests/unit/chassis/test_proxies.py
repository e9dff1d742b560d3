"""Whose address counts where proxies stand in front."""

import pytest

from chassis.proxies import address_behind


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        (["203.0.113.7"], 1, "203.0.113.7"),
        (["198.51.100.1, 203.0.113.7"], 1, "203.0.113.7"),
        (["198.51.100.1", "203.0.113.7, 192.0.2.1"], 2, "203.0.113.7"),
        (["203.0.113.7"], 2, None),
        (["203.0.113.7"], 0, None),
        ([" , "], 1, None),
        ([], 1, None),
    ],
)
def test_only_what_our_own_proxies_wrote_counts(
    forwarded: list[str], proxies: int, address: str | None
) -> None:
    assert address_behind(forwarded, proxies) == address
