"""A confidence sequence: an interval that holds at all times at once, however often one looks.

Looking at a test again and again until a 95 % interval leaves out zero finds a difference in far
more than 5 % of tests without one. The asymptotic confidence sequence with a normal mixture has the
radius (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas: "Time-uniform central limit theory and
asymptotic confidence sequences", Annals of Statistics 52(6), 2024, theorem 2.2):

    radius(t) = sigma * sqrt(2 * (t * rho^2 + 1) / (t^2 * rho^2) * log(sqrt(t * rho^2 + 1) / alpha))

`rho` makes it narrowest at the planned number t' of observations:
rho^2 = (-2 log(alpha) + log(-2 log(alpha)) + 1) / t'.
"""

import math


def compute_radius(count: int, alpha: float, planned_count: int) -> float:
    """Half the width of the confidence sequence after `count` observations, for sigma = 1."""
    surprise = -2 * math.log(alpha)
    rho = (surprise + math.log(surprise) + 1) / planned_count
    grown = count * rho + 1
    return math.sqrt(2 * grown / (count**2 * rho) * math.log(math.sqrt(grown) / alpha))
