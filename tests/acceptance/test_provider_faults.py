"""Servers that break off at each step of a conversation."""

from panel.domain.delivery import DeliveryState

BUSY = "421 4.3.2 Closing for a while"
FAULTS = (
    ("banner", "drop"),
    ("banner", BUSY),
    ("ehlo", "drop"),
    ("mail", "drop"),
    ("mail", BUSY),
    ("rcpt", "drop"),
    ("rcpt", BUSY),
    ("data", "drop"),
    ("data", BUSY),
    ("body", "drop"),
    ("final", BUSY),
    ("final", "451 4.3.0 Try again later"),
    ("final", "drop"),
)


def test_every_mail_gets_past_servers_that_break_off_at_each_step(scene):
    broken = []
    for number, (stage, act) in enumerate(FAULTS):
        server = scene.provider(f"{number} {stage}")
        server.drop(stage) if act == "drop" else server.answers(stage, act)
        broken.append(server)
    scene.provider("good")
    scene.worker()
    scene.intake.put_mixed(scene.engine, 200)
    scene.wait_for_quiet()
    during = scene.reckon()
    for server in broken:
        server.heal()
    scene.intake.put_mixed(scene.engine, 100)
    scene.wait_for_quiet()

    assert all(server.connections for server in broken)
    assert during.states[DeliveryState.FAILED] == 0
    doubtful = len(broken[-1].mails)  # taken, and the answer withheld
    assert doubtful > 0
    assert during.states[DeliveryState.UNCONFIRMED] + during.assumed <= doubtful
    assert scene.reckon().accepted == 300
