"""A slow and obvious ring: every point in one sorted list, made afresh after each change.

`Ring` is the default layout; `GoZero` and `Ketama` are the two compatible ones. Points are pairs of a position and
what orders equal positions.
"""

import struct
from itertools import groupby
from math import floor

from hash_ring_hashes import md5_words, murmur3, xxh3

MOST_POINTS = 2**24
MOST_WEIGHT = 65_535


class Refused(Exception):
    """An insertion that the ring does not take; its argument names the field."""


class Ring:
    """The default layout."""

    virtual_nodes = 160

    def __init__(self, virtual_nodes=None):
        if virtual_nodes is not None:
            self.virtual_nodes = virtual_nodes
        self.weights = {}  # in order of insertion
        self.made = {}  # the points of a node, by name, so that each is hashed once
        self.all = None  # sorted; None if a change came since

    # What differs between the layouts.

    def count(self, node):
        """How many points a node has."""
        return self.virtual_nodes * self.weights[node]

    @staticmethod
    def point(node, index):
        return xxh3(struct.pack("<I", len(node)) + node + struct.pack("<I", index)) >> 32

    @staticmethod
    def position(key):
        return xxh3(key) >> 32

    def order(self, node):
        """What decides between nodes at one position: less is first."""
        return node

    # What they share.

    def insert(self, node, weight):
        if weight > MOST_WEIGHT:
            raise Refused("weight")
        known = node in self.weights
        before = dict(self.weights)
        self.weights[node] = weight
        if sum(map(self.count, self.weights)) > MOST_POINTS:
            self.weights = before
            raise Refused("points")
        self.all = None
        return "reweighted" if known else "inserted"

    def remove(self, node):
        if node not in self.weights:
            return "absent"
        del self.weights[node]
        self.all = None
        return "removed"

    def positions(self, node):
        made = self.made.setdefault(node, [])
        while len(made) < self.count(node):
            made.append(self.point(node, len(made)))
        return made[: self.count(node)]

    def points(self):
        if self.all is None:
            self.all = sorted(
                (position, self.order(node), node) for node in self.weights for position in self.positions(node)
            )
        return self.all

    def turned(self, key):
        """The points from the key's position on, once round."""
        points, position = self.points(), self.position(key)
        yield from (point for point in points if point[0] >= position)
        yield from (point for point in points if point[0] < position)

    def walk(self, key):
        """The nodes in the order in which the key meets them, each as often as it is met."""
        return (node for _, _, node in self.turned(key))

    def lookup_where(self, key, refused=()):
        return next((node for node in self.walk(key) if node not in refused), None)

    def lookup_n(self, key, n):
        return list(dict.fromkeys(self.walk(key)))[:n]


class Ketama(Ring):
    """libketama: four points a digest, and so many digests as a server's share of the memory gives."""

    def count(self, node):
        share = single(single(self.weights[node]) / single(sum(self.weights.values())))
        return 4 * floor(single(share * 40.0 * single(len(self.weights))))

    def insert(self, node, weight):
        if weight == 0:
            raise Refused("weight")
        return super().insert(node, weight)

    @staticmethod
    def point(node, index):
        return md5_words(b"%b-%d" % (node, index // 4))[index % 4]

    @staticmethod
    def position(key):
        return md5_words(key)[0]

    def order(self, node):
        """The list of servers is in order of insertion, and sorting it is stable."""
        return list(self.weights).index(node)


class GoZero(Ring):
    """go-zero's ConsistentHash: the weight is a percentage, and the key chooses among nodes at one position."""

    virtual_nodes = 100

    def count(self, node):
        return self.virtual_nodes * min(self.weights[node], 100) // 100

    def insert(self, node, weight):
        before = dict(self.weights)
        known = self.weights.pop(node, None)
        try:
            super().insert(node, weight)
        except Refused:
            self.weights = before
            raise
        return "inserted" if known is None else "reweighted"

    @staticmethod
    def point(node, index):
        return murmur3(b"%b%d" % (node, index))

    @staticmethod
    def position(key):
        return murmur3(key)

    def order(self, node):
        """Those at one position are in order of insertion; a changed weight inserts anew."""
        return list(self.weights).index(node)

    def walk(self, key):
        for _, points in groupby(self.turned(key), key=lambda point: point[0]):
            here = [node for _, _, node in points]
            # The key takes one of them, and who asks for more takes those behind it, in turn.
            first = murmur3(b"16777619:" + key) % len(here) if len(here) > 1 else 0
            yield from here[first:] + here[:first]


def single(value):
    """The nearest number of 32 bits."""
    return struct.unpack("<f", struct.pack("<f", value))[0]
