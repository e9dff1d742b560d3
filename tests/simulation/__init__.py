"""The money protocol, simulated: real rules and databases; bus and processes fail wherever they can."""

import warnings

# nameko imports eventlet, which says that it is in maintenance: known and decided (ADR 0002). It stands here
# because each worker's process imports this before anything else.
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated.*")
