"""Checks that no programme file names: `identity` opens one where an application turns out to need it."""

from contracts.programmes.shape import Check

# Somebody of the household is in an approved order that gives a pot, and so does this one.
SECOND_POT = Check(
    kind="second_pot",
    label={"fr": "Deuxième cagnotte pour le même foyer", "en": "Second pot for the same household"},
    decided_by="officer",
)
FURTHER_CHECKS = (SECOND_POT,)
