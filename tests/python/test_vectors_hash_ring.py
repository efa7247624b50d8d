"""The timelines of hash rings that every language replays, through this one."""

import pytest
from timelines import Timeline, name, replay, timelines

from resil import ConfigError, HashRing, HashRingMode


def read(word: str) -> bytes:
    """A node or key of the file, as bytes."""
    return bytes.fromhex(word[2:]) if word.startswith("0x") else word.encode()


class Ring:
    """A ring, and its answers in the words of the file; nodes and keys are `str` where the file has text."""

    def __init__(self, timeline: Timeline) -> None:
        """Makes the empty ring of a timeline."""
        mode = None if timeline["mode"] == "default" else HashRingMode(timeline["mode"])
        self.ring: HashRing[str | bytes] = HashRing(
            virtual_nodes=timeline.get("virtual_nodes"), mode=mode
        )
        self.words: dict[str | bytes, str] = {}

    @staticmethod
    def given(word: str) -> str | bytes:
        """What is handed in for a word."""
        return read(word) if word.startswith("0x") else word

    def shown(self, node: str | bytes | None) -> str:
        """A node as the file spells it."""
        return "none" if node is None else self.words[node]

    def insert(self, _now: int, word: str, weight: str) -> str:
        """Adds a node or changes its weight."""
        node = self.given(word)
        try:
            new = self.ring.insert(node, int(weight))
        except ConfigError as error:
            return f"refused {str(error).split()[0]}"
        self.words[node] = word
        return "inserted" if new else "reweighted"

    def remove(self, _now: int, word: str) -> str:
        """Takes a node out."""
        return "removed" if self.ring.remove(self.given(word)) else "absent"

    def lookup(self, _now: int, key: str) -> str:
        """Finds the node of a key."""
        return self.shown(self.ring.lookup(self.given(key)))

    def lookup_n(self, _now: int, key: str, n: str) -> str:
        """Finds several."""
        return " ".join(map(self.shown, self.ring.lookup_n(self.given(key), int(n)))) or "none"

    def lookup_where(self, _now: int, key: str, words: str) -> str:
        """Finds the first that is not among the words."""
        refused = {self.given(word) for word in words.split(",")}
        return self.shown(self.ring.lookup_where(self.given(key), lambda node: node not in refused))


@pytest.mark.parametrize("timeline", timelines("hash_ring"), ids=name)
def test_every_step_of_a_timeline_has_the_answer_in_the_file(timeline: Timeline) -> None:
    """What Python says is what the file says, step by step."""
    replay(Ring(timeline), {**timeline, "steps": timeless(timeline["steps"])})


def timeless(steps: str) -> str:
    """A ring knows no time: every step happens at 0."""
    return "\n".join(f"0 {step}" for step in steps.splitlines() if step)
