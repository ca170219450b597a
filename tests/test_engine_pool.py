"""Engines are used again by whom they fit, and there are never more than were in use at once."""

from stylecore.engines.identity import IdentityEngine
from stylecore.pipeline.engine_pool import EnginePool

ONE, OTHER, THIRD = ("job", 0), ("job", 1), ("another", 0)


def test_an_engine_is_found_whatever_came_back_after_it() -> None:
    pool, one, other = EnginePool(), IdentityEngine(), IdentityEngine()
    pool.give_back(ONE, one)
    pool.give_back(OTHER, other)
    assert pool.take(OTHER) is other
    pool.give_back(OTHER, other)
    assert pool.take(OTHER) is other
    assert pool.take(ONE) is one


def test_one_that_is_in_use_is_nobody_elses() -> None:
    pool = EnginePool()
    assert pool.take(ONE) is None
    pool.give_back(ONE, IdentityEngine())
    assert pool.take(ONE) is not None
    assert pool.take(ONE) is None


def test_where_none_fits_the_one_idle_for_longest_makes_room() -> None:
    pool, other = EnginePool(), IdentityEngine()
    pool.give_back(ONE, IdentityEngine())
    pool.give_back(OTHER, other)
    assert pool.take(THIRD) is None
    assert pool.take(OTHER) is other, "it was given up in place of the older one"
    assert pool.take(ONE) is None, "two were kept where one was to go"
