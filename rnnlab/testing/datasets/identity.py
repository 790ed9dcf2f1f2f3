"""Rules for what makes two datasets the same: arguments and content, and never the run."""

from __future__ import annotations

import re
from typing import ClassVar
from unittest import SkipTest

from rnnlab.data.dataset import Dataset
from rnnlab.data.split import StreamSplit
from rnnlab.testing.datasets.subject import DatasetSubject, content, parts, rows, same, whole
from rnnlab.testing.global_random import seeded, watched
from rnnlab.testing.rule import rule


class IdentityRules(DatasetSubject):
    """Runs with other seeds share their data, and other data has another hash.

    Attributes:
        shared_examples: Why an example of the test part may stand in the training part, too, as
            short made-up sequences do by chance.
    """

    shared_examples: ClassVar[str | None] = None

    def make_other_dataset(self) -> Dataset | None:
        """Return the dataset of the same arguments with other content, as of another file."""
        return None

    @rule("test_parts_hold_examples")
    def test_two_constructions_are_equal(self) -> None:
        """The same arguments give the same spec, the same examples and the same hash."""
        one, other = self.make_dataset(), self.make_dataset()
        assert one.spec == other.spec, "two constructions differ in spec; sort what has no order"
        for part, split in parts(one).items():
            assert same(whole(split), whole(other.split(part))), (
                f"two constructions differ in split({part!r}); draw from a generator seeded with "
                "split_seed (rnnlab.data.generation.part_generator), and sort what has no order"
            )
            assert same(whole(split), whole(one.split(part))), (
                f"split({part!r}) gives other examples when it is asked for again; make the parts "
                "in the constructor"
            )
        assert one.sha256() == other.sha256(), (
            "two constructions differ in sha256; hash content only: no times, paths or ids"
        )

    @rule("test_two_constructions_are_equal")
    def test_the_seed_of_the_run_changes_nothing(self) -> None:
        """Nothing is drawn from, and nothing seeded in, the random state that a run has seeded."""
        used: list[str] = []
        made = []
        for seed in (1, 2):
            with seeded(seed), watched(used):
                dataset = self.make_dataset()
                made.append((content(dataset), dataset.sha256()))
        assert made[0] == made[1], (
            "runs with other seeds get other data; draw from a generator of your own, seeded with "
            "split_seed"
        )
        assert not used, (
            f"making the data draws from {used[0] if used else ''} or seeds it, which moves what a "
            "run draws next; use a generator of your own (random.Random, torch.Generator)"
        )

    @rule("test_make_dataset_makes_a_dataset")
    def test_the_hash_is_hexadecimal(self) -> None:
        """``sha256()`` is 64 hexadecimal digits."""
        value = self.dataset().sha256()
        assert isinstance(value, str), f"sha256() is a {type(value).__name__}; return hexdigest()"
        assert re.fullmatch(r"[0-9a-f]{64}", value), (
            f"sha256() is {value!r}; return 64 hexadecimal digits "
            "(rnnlab.data.content.content_sha256)"
        )

    @rule("test_the_hash_is_hexadecimal", "test_two_constructions_are_equal")
    def test_the_hash_follows_the_content(self) -> None:
        """Other content with the same arguments has another hash."""
        other = self.make_other_dataset()
        if other is None:
            raise SkipTest("make_other_dataset() of the contract gives no other content")
        one = self.dataset()
        assert content(one) != content(other), (
            "make_other_dataset() gave the same examples; let it read or generate others"
        )
        assert one.sha256() != other.sha256(), (
            "other content has the same sha256; hash all that was read or generated"
        )

    @rule("test_two_constructions_are_equal", "test_lengths_are_right")
    def test_no_example_is_in_two_parts(self) -> None:
        """What is tested on was not trained on, nor chosen by."""
        if self.shared_examples is not None:
            raise SkipTest(self.shared_examples)
        found = dict(parts(self.dataset()))
        for one, other in (("test", "train"), ("test", "val"), ("val", "train")):
            advice = (
                "divide distinct examples (rnnlab.data.partition), or say in shared_examples why "
                "they may be equal"
            )
            a, b = found[one], found[other]  # type: ignore[index]
            if isinstance(a, StreamSplit) and isinstance(b, StreamSplit):
                begin = a.input[:100].contiguous().numpy().tobytes()
                assert begin not in b.input.contiguous().numpy().tobytes(), (
                    f"split({one!r}) begins with steps of split({other!r}); {advice}"
                )
                continue
            twice = set(rows(a)) & set(rows(b))
            assert not twice, (
                f"{len(twice)} examples are in split({one!r}) and in split({other!r}); {advice}"
            )
