"""Programmes are data: what a card scheme's edition says, read from `programmes/<code>.toml` and checked."""

from contracts.programmes.errors import Problem, ProgrammeError
from contracts.programmes.parse import read_programmes
from contracts.programmes.shape import CardType, Category, OfferRule, Pot, Programme, UsageLimit

__all__ = [
    "CardType",
    "Category",
    "OfferRule",
    "Pot",
    "Problem",
    "Programme",
    "ProgrammeError",
    "UsageLimit",
    "read_programmes",
]
