"""Compare the assets of the registry with those of a CMDB: missing, extra and different fields."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cloud.fleet.assets.asset import COLUMNS, CameraAsset


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A column in which both know a camera and do not agree."""

    name: str
    column: str
    registry: str
    cmdb: str


@dataclass(frozen=True, slots=True)
class CmdbComparison:
    """`missing` are in the registry only, `extra` in the CMDB only."""

    missing: Sequence[CameraAsset]
    extra: Sequence[CameraAsset]
    differences: Sequence[FieldDifference]

    def lines(self) -> Iterator[str]:
        """The report, one finding a line."""
        for one in self.missing:
            yield f"missing    {one.name}: in the registry at {one.location}, not in the CMDB"
        for one in self.extra:
            yield f"extra      {one.name}: in the CMDB at {one.location or '?'}, not registered"
        for found in self.differences:
            yield (
                f"different  {found.name}: {found.column} is {found.registry or 'unknown'} in the "
                f"registry, {found.cmdb or 'unknown'} in the CMDB"
            )
        yield (
            f"{len(self.missing)} missing, {len(self.extra)} extra, "
            f"{len(self.differences)} different fields"
        )


def reconcile(registry: Iterable[CameraAsset], cmdb: Iterable[CameraAsset]) -> CmdbComparison:
    """Compare by name, in the order of names."""
    ours, theirs = ({one.name: one for one in some} for some in (registry, cmdb))
    differences = [
        FieldDifference(name, column, getattr(ours[name], column), getattr(theirs[name], column))
        for name in sorted(ours.keys() & theirs.keys())
        for column in COLUMNS
        if getattr(ours[name], column) != getattr(theirs[name], column)
    ]
    return CmdbComparison(
        [ours[name] for name in sorted(ours.keys() - theirs.keys())],
        [theirs[name] for name in sorted(theirs.keys() - ours.keys())],
        differences,
    )
