"""How many connections a worker opens to one provider can be told."""

MAILS = 100


def test_a_worker_opens_no_more_connections_than_it_is_told(scene):
    server = scene.provider("first", features={"latency_s": 0.02})
    scene.intake.put_mixed(scene.engine, MAILS)

    scene.installation.worker(arguments=("--connections", "2"))
    server.wait_for(MAILS, timeout_s=60)

    assert server.connections == 2
