"""The planner in a process of its own: it can be killed, and the same question gets the same answer again."""

from labd.adapters.planner_worker.worker import PlannerWorker

__all__ = ["PlannerWorker"]
