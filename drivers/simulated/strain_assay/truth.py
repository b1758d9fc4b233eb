"""What the plate's biology knows and a planner does not; see `labd_drivers.simulated.telling`."""

from ..telling import tell
from .physics import OPTIMUM, true_outcomes

if __name__ == "__main__":
    tell(true_outcomes, OPTIMUM)
