"""Open pages and changes of the network keep out of each other's way."""

import threading

from tests.kit.quiet_network import network_changes, network_stays


def test_a_change_waits_until_no_page_is_open():
    told = []

    def change():
        with network_changes():
            told.append("changed")

    changing = threading.Thread(target=change)
    with network_stays():
        changing.start()
        changing.join(0.2)
        told.append("closed")
    changing.join(60)

    assert told == ["closed", "changed"]


def test_pages_may_be_open_side_by_side():
    with network_stays(), network_stays():
        pass
