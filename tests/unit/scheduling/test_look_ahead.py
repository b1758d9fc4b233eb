"""The look ahead: exact where that can be seen, the same twice, and on time."""

from labd.scheduling import Behind
from labd.scheduling.look_ahead import Problem, Task, look_ahead


def test_the_best_plan_of_a_small_shop() -> None:
    """Two jobs, two machines: the greedy order (the older first) takes 21, the best 13."""
    tasks = (
        Task("a1", (("one",),), 10),
        Task("a2", (("two",),), 1, (Behind("a1"),)),
        Task("b1", (("one",),), 2),
        Task("b2", (("two",),), 10, (Behind("b1"),)),
    )
    starts = look_ahead(Problem(tasks), 5.0)
    assert starts == {"b1": 0.0, "a1": 2.0, "b2": 2.0, "a2": 12.0}


def test_alternatives_several_at_once_and_what_is_taken() -> None:
    both = (("arm_1", "arm_2"), ("hood",))
    tasks = (Task("a", both, 10), Task("b", both, 10), Task("c", (("arm_1",),), 5))
    starts = look_ahead(Problem(tasks, {"hood": 3.0}), 5.0)
    assert starts is not None
    assert sorted((starts["a"], starts["b"])) == [3.0, 13.0]
    assert starts["c"] == 0.0


def test_windows_hold_or_there_is_no_plan() -> None:
    tasks = (Task("heat", (("oven",),), 60), Task("read", (("hplc",),), 30, (Behind("heat", 5.0, 10.0),)))
    assert look_ahead(Problem(tasks, {"hplc": 100.0}), 5.0) == {"heat": 30.0, "read": 100.0}
    late = (Task("read", (("hplc",),), 30, due_s=10.0),)
    assert look_ahead(Problem(late, {"hplc": 100.0}), 5.0) is None


def test_nothing_to_do_is_a_plan_and_the_same_question_has_the_same_answer() -> None:
    assert look_ahead(Problem(()), 1.0) == {}
    tasks = tuple(Task(f"t{n}", (("x", "y"),), 3.0 + n % 4) for n in range(7))
    once = look_ahead(Problem(tasks), 60.0)
    assert once is not None
    assert look_ahead(Problem(tasks), 60.0) == once
