"""Whose layout a hash ring has, if not resil's own."""

import enum


class HashRingMode(enum.Enum):
    """Whose layout a hash ring has, byte for byte, if not resil's own."""

    __module__ = "resil"

    GO_ZERO = "go_zero"
    """go-zero's ConsistentHash with its 100 replicas; a weight is a percentage, and counts as 100 above that."""

    KETAMA = "ketama"
    """libketama; every update moves the number of others' points too, and weight 0 is refused."""
