"""Words for what happens in Postroom itself, with no provider involved."""

from __future__ import annotations

from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

QUEUE: dict[str, Explanation] = {
    "no_route": Explanation(
        N_("No provider can take the mail at the moment; it waits."),
        N_("Look at the list of providers: activate one, or see why each is passed over."),
    ),
    "cancelled": Explanation(
        N_("Somebody cancelled it before it was handed over."),
        N_("Nothing to do. The audit says who it was."),
    ),
    "held_by_person": Explanation(
        N_("Somebody holds it."),
        N_("Send it now, or cancel it. What happened to it so far says who it was, and why."),
    ),
    "drill_over": Explanation(
        N_("It was a failover drill, and no provider took it in its one round."),
        N_("Nothing to do for this mail. See the drill for the reason, then repeat it."),
    ),
    "drill_deleted": Explanation(
        N_("Somebody deleted the mail of this failover drill from the queue."),
        N_("Repeat the drill."),
    ),
    "copy_unconfirmed": Explanation(
        N_("The answer to the second copy was lost as well, so no third one goes out by itself."),
        N_("Look in the provider's own log, or ask the recipient. Then decide."),
    ),
    "copy_too_late": Explanation(
        N_("The answer was lost, and the time of the mail was over before a second copy went out."),
        N_("Look in the provider's own log, or ask the recipient. Then decide."),
    ),
    "copy_without_provider": Explanation(
        N_("The answer was lost, and the provider that may have sent it is gone or switched off."),
        N_(
            "Look in that provider's own log, or ask the recipient. If you send it again, another "
            "provider carries the second copy."
        ),
    ),
    "worker_ended": Explanation(
        N_("The worker ended before the mail was handed over; another one took it on."),
        N_("Nothing to do, unless it happens often: then read the worker's log."),
    ),
    "rescued_too_often": Explanation(
        N_("Several workers ended while they had this mail; it is held so that it harms no more."),
        N_("Read the worker's log for the cause. Then try it again, or cancel it."),
    ),
    "round_failed": Explanation(
        N_("A fault in Postroom itself stopped the worker from sending this mail; it waits."),
        N_("Read the worker's log for the cause. It is tried again by itself some times."),
    ),
    "expired": Explanation(
        N_("The mail could not be sent before its time was over."),
        N_("See the attempts for the reasons. Send it again if it is still wanted."),
    ),
    "lease_lost": Explanation(
        N_("Another worker has taken this mail over; this one did not hand it out."),
        N_("Nothing to do."),
    ),
    "restored": Explanation(
        N_("The database was restored from a backup; the mail may have gone out since then."),
        N_(
            "Look in the providers' own logs, or ask the recipient, before you send it again: it "
            "may have arrived."
        ),
    ),
    "worker_lost": Explanation(
        N_("Postroom was interrupted while the mail was being handed over."),
        N_(
            "Look in the provider's own log, or ask the recipient, before you send it again: it "
            "may have arrived."
        ),
    ),
}
