"""labd's planner beside Ax, BayBE, BoFire, BoTorch and Optuna on the same cases, seeds and first points.

`python -m tests.bench planner` runs labd and points by chance, and takes the peers' runs from `recorded/`, where they
are kept with their versions. `--fresh` runs the peers as well, in the environments that
`python -m tests.bench.planner.install` makes. Every run is a process of its own, with one thread; a line is written for
each, and what is written already is not done again. By problem and planner:

`regret_20`, `regret_40`: the truth of the best that was measured, from the median of the space (1) to the optimum (0),
after so many units of cost (of one trial at full fidelity); `n_to_90`: the cost until it is 0.1, the budget and one
more where it never is; `cpu_s_per_ask`: processor seconds, the median; `seeds`: so many runs. Two objectives are
measured by their hypervolume; with wrong labels, too, it is the truth of what was measured that counts.

`--latency`: processor seconds an ask at 50, 200 and 1,000 observations; `--ahead`: what it costs to plan while trials
are open.
"""
