"""The planner: from a problem and observations to suggestions. The only home of torch."""
