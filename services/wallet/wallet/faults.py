"""What must never happen to money; a handler that raises one of these is retried and then parked."""

from chassis.log import get_logger
from chassis.metrics import counter

log = get_logger()
_faults = counter("ledger_faults_total", "Transfers that the ledger would not write, by fault", ["fault"])


class LedgerFault(Exception):
    """A transfer that would break the ledger: nothing of its transaction was written."""

    def __init__(self, fault: str, **ids: str | int) -> None:
        super().__init__(fault)
        self.fault = fault
        self.ids = ids


def report(fault: LedgerFault) -> LedgerFault:
    """Log and count the fault, for ``raise report(…)``."""
    _faults.labels(fault.fault).inc()
    log.error("ledger_fault", fault=fault.fault, **fault.ids)
    return fault
