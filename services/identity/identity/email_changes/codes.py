"""The code that confirms an address: what it is for, how long it counts, how often it may be tried."""

from datetime import timedelta

PURPOSE = "email_change"
# A mail may be slow, and somebody may have to read it out on the phone; a sign-in code lives shorter.
LIFETIME = timedelta(minutes=30)
MAX_TRIES = 5
