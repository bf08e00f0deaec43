"""The course of a soak: mail without a pause, one fault after the other, a line every minute."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from panel.domain.delivery import DeliveryState
from panel.services.refusals import Refusal
from panel.storage.database import is_passing
from panel.storage.models import Delivery
from tests.acceptance.load import SHORT, Load
from tests.acceptance.reckoning import Reckoning, reconcile
from tools.soak.faults import OF_POSTGRESQL, OF_PROVIDERS, OF_SQLITE, Fault
from tools.soak.stage import Stage

CALLERS = 6
LINE_S = 60.0
LONGEST_GAP_S = 3.0
"""Between two faults."""
HASTE_S = 4.0
QUIET_S = 400.0
"""For all mail to come to an end when the faults are over."""
SHOWN = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.HELD,
    DeliveryState.UNCONFIRMED,
    DeliveryState.EXPIRED,
    DeliveryState.CANCELLED,
)


@dataclass
class Soak:
    """One soak on a stage that is not yet in motion."""

    stage: Stage
    seed: int
    pace_s: float
    faults: Counter[str] = field(default_factory=Counter)
    _broken: list[BaseException] = field(default_factory=list)

    def run(self, duration_s: float) -> bool:
        """Runs for so long, then lets everything end; whether the promise was kept."""
        stage, scene = self.stage, self.stage.scene
        stage.start()
        hands = [
            threading.Thread(target=self._do_harm, args=(OF_PROVIDERS, self.seed + 1)),
            threading.Thread(target=self._do_harm, args=(self._of_processes, self.seed)),
            threading.Thread(target=self._let_time_pass),
        ]
        _print_head()
        with Load(
            scene.installation.port,
            stage.tokens,
            scene.intake,
            threads=CALLERS,
            pace_s=self.pace_s,
            is_mixed=True,
        ) as load:
            for hand in hands:
                hand.start()
            try:
                is_right = self._look_on(duration_s, load)
            finally:
                stage.ended.set()
                for hand in hands:
                    hand.join()
        if self._broken:
            raise self._broken[0]
        return self._end() and is_right

    def _look_on(self, duration_s: float, load: Load) -> bool:
        """A line every minute; False as soon as something is wrong."""
        began_s = time.monotonic()
        while (past_s := time.monotonic() - began_s) < duration_s and not self._broken:
            self.stage.ended.wait(min(LINE_S, duration_s - past_s))
            load.raise_errors()
            reckoning = self._reckon()
            if reckoning is None:
                continue
            _print_line(time.monotonic() - began_s, reckoning)
            if not reckoning.is_right:
                print(reckoning.table(), flush=True)
                return False
        return True

    def _reckon(self) -> Reckoning | None:
        """None while the database is out of reach."""
        scene = self.stage.scene
        try:
            return reconcile(scene.engine, scene.ledgers, scene.intake.accepted)
        except Exception as error:
            if is_passing(error):
                return None
            raise

    def _end(self) -> bool:
        scene = self.stage.scene
        try:
            scene.wait_for_quiet(timeout_s=QUIET_S)
        except AssertionError:
            print("soak: not everything came to an end.", *scene.reasons(), sep="\n  ")
        reckoning = reconcile(scene.engine, scene.ledgers, scene.intake.accepted)
        print(reckoning.table())
        print("answers:", dict(sorted(scene.intake.statuses.items())))
        print("faults:", dict(sorted(self.faults.items())), flush=True)
        expired = scene.count(
            Delivery.state == DeliveryState.EXPIRED, Delivery.recipient.not_like(f"{SHORT}+%")
        )
        if expired:
            print(f"soak: {expired} mails expired before their time.", flush=True)
        is_over = _has_ended(reckoning) and not reckoning.unanswered
        return reckoning.is_right and is_over and not expired

    @property
    def _of_processes(self) -> Sequence[Fault]:
        return OF_POSTGRESQL if self.stage.postgres else OF_SQLITE

    def _do_harm(self, kinds: Sequence[Fault], seed: int) -> None:
        chance = random.Random(seed)
        try:
            while not self.stage.ended.wait(chance.uniform(0, LONGEST_GAP_S)):
                self._do(chance.choice(kinds), chance)
        except BaseException as error:  # noqa: BLE001 - raised where the soak ends
            self._broken.append(error)

    def _let_time_pass(self) -> None:
        """Cuts delays and cool-downs short, or most of a soak would be waiting."""
        while not self.stage.ended.wait(HASTE_S):
            try:
                self.stage.scene.let_time_pass()
            except Exception as error:  # noqa: BLE001 - raised where the soak ends
                if not is_passing(error):
                    self._broken.append(error)
                    return

    def _do(self, fault: Fault, chance: random.Random) -> None:
        self.faults[fault.__name__] += 1
        try:
            fault(self.stage, chance)
        except Refusal:
            self.faults[f"{fault.__name__}, refused"] += 1
        except Exception as error:
            if not is_passing(error):
                raise
            self.faults[f"{fault.__name__}, no database"] += 1


def _has_ended(reckoning: Reckoning) -> bool:
    """Whether no mail is on its way any more."""
    on_its_way = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)
    return not any(reckoning.states[state] for state in on_its_way)


def _print_head() -> None:
    names = [state.value[:10] for state in SHOWN]
    columns = ["minutes", "accepted", *names, "waiting", "copies", "lost", "unflagged", "odd"]
    print(" ".join(f"{column:>10}" for column in columns), flush=True)


def _print_line(past_s: float, reckoning: Reckoning) -> None:
    states = reckoning.states
    ended = [states[state] for state in SHOWN]
    numbers = [reckoning.accepted, *ended, states.total() - sum(ended), reckoning.copies]
    faults = [len(reckoning.lost), len(reckoning.unflagged), len(reckoning.unexplained)]
    cells = [f"{number:>10,}" for number in [*numbers, *faults]]
    print(" ".join([f"{past_s / 60:>10.1f}", *cells]), flush=True)
