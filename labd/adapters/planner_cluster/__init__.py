"""The planner on a Dask cluster: a scheduler's address, workers with or without a GPU, this machine meanwhile."""

from labd.adapters.planner_cluster.cluster import ClusterPlanner

__all__ = ["ClusterPlanner"]
