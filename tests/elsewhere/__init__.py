"""The platform on other Debians: a root of each, made by debootstrap, in which a fresh clone is played."""
