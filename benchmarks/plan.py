"""What is measured in a round, in order: every case at every number of clients, the floors among them."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from benchmarks.cells import Cell, Measuring
from benchmarks.floors import raw_rpc
from benchmarks.floors.pgbench import Pgbench
from benchmarks.options import CLIENTS, MANY, ONE, Options

WARM_UP_S = 1.0

Cells = list[Cell]


@dataclass(frozen=True)
class Step:
    """A name for the progress line, how many cells it makes, and how they are measured."""

    name: str
    act: Callable[[Cells], Cells]


class Plan:
    """The steps of one round."""

    def __init__(self, measuring: Measuring, options: Options) -> None:
        self._measuring = measuring
        self._options = options
        self._pgbench = Pgbench(measuring.platform.postgresql_url)

    def warm_up(self) -> None:
        """Every device's token seen, every connection and statement cache filled, before anything counts."""
        brief = Measuring(self._measuring.platform, WARM_UP_S)
        for case in ("echo", *self._options.cases):
            brief.closed(case, MANY)

    def steps(self) -> list[Step]:
        """Everything of one round; the open loop comes last, at half of what the round itself reached."""
        steps = []
        for clients in CLIENTS:
            steps += [self._case(case, clients) for case in ("echo", *self._options.cases)]
            steps.append(self._pgbench_step(clients))
        steps += [
            Step("raw RPC", lambda _: [self._raw("raw RPC", confirmed=False)]),
            Step("raw RPC confirmed", lambda _: [self._raw("raw RPC confirmed", confirmed=True)]),
            Step("open loop", lambda cells: [self._measuring.open("redeem", capacity(cells) / 2)]),
        ]
        return steps + self._more()

    def grown(self) -> list[Step]:
        """What is measured again when the platform has grown."""
        return [self._case("redeem", clients, named="redeem, grown") for clients in (ONE, MANY)]

    def _case(self, case: str, clients: int, named: str = "") -> Step:
        return Step(
            f"{named or case}, {clients}", lambda _: [self._measuring.closed(case, clients, named=named)]
        )

    def _pgbench_step(self, clients: int) -> Step:
        return Step(f"pgbench -N, {clients}", lambda _: [self._tps(clients)])

    def _more(self) -> list[Step]:
        options, steps = self._options, []
        if options.hot_provider:
            steps.append(self._case("hot_provider", MANY))
        if options.hot_card:
            steps.append(self._case("hot_card", MANY))
        if options.cards_processes > 1 or options.gateway_processes > 1:
            steps.append(Step("more processes", lambda _: self._with_more_processes()))
        if options.unread:
            steps.append(Step(f"{options.unread} unread", lambda _: self._with_unread()))
        return steps

    def _with_more_processes(self) -> Cells:
        """First more `cards`, then more gateways as well: the cell's name says how many."""
        platform, made = self._measuring.platform, []
        cards = [f"cards-{n}" for n in range(2, self._options.cards_processes + 1)]
        gateways = [f"gateway-{n}" for n in range(2, self._options.gateway_processes + 1)]
        addresses = [platform.gateway]
        for names, extra in ((cards, []), (gateways, platform.second_gateways)):
            if not names:
                continue
            for name in names:
                platform.stack.start_service(name)
            addresses = addresses + extra
            label = f"redeem, {len(addresses)} gateway {self._options.cards_processes} cards"
            made += [
                self._measuring.closed("redeem", clients, named=label, addresses=addresses)
                for clients in CLIENTS
            ]
        for name in (*cards, *gateways):
            platform.stack.stop_service(name)
        return made

    def _with_unread(self) -> Cells:
        """The same with `offers` stopped: first its queue empty, then long."""
        stack, queues = self._measuring.platform.stack, self._measuring.platform.queues
        stack.stop_service("offers")
        made = [self._stopped("redeem, offers stopped", clients) for clients in (ONE, MANY)]
        queues.forget_unread()
        queues.leave_unread(self._options.unread)
        made += [self._stopped("redeem, unread events", clients) for clients in (ONE, MANY)]
        queues.forget_unread()
        stack.start_service("offers")
        return made

    def _stopped(self, name: str, clients: int) -> Cell:
        return self._measuring.closed("redeem", clients, named=name, without="offers")

    def _tps(self, clients: int) -> Cell:
        per_s = self._pgbench.tps(clients, self._measuring.seconds)
        return Cell(case="pgbench -N", clients=clients, per_s=per_s)

    def _raw(self, name: str, *, confirmed: bool) -> Cell:
        uri = self._measuring.platform.stack.amqp_uri
        latencies = raw_rpc.measure(uri, self._measuring.seconds, confirmed=confirmed)
        per_s = len(latencies) / sum(latencies)
        return Cell(case=name, clients=ONE, per_s=per_s, latencies_s={"": latencies})


def capacity(cells: Cells) -> float:
    """Redemptions a second at the number of clients that the targets are said for, so far."""
    return median(cell.per_s for cell in cells if (cell.case, cell.clients) == ("redeem", MANY))
