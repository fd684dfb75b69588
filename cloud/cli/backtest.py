"""`python -m cloud backtest FILE`: the accuracy of each model on past weeks of hourly series.

The file (CSV or Parquet) has one row for each hour of each series, or for each of the equal parts
of an hour. Hours that are missing or marked as invalid are neither trained on nor scored.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from cloud.forecast.backtesting.backtest import (
    BacktestError,
    BacktestResult,
    build_score_table,
    choose_origins,
    compute_better_share,
    find_uncounted_series,
    validate_origins,
)
from cloud.forecast.backtesting.backtest import run as run_backtest
from cloud.forecast.backtesting.row_hours import TableError
from cloud.forecast.backtesting.series_file import ReadOptions, read_series
from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import Boosted, LearningError
from cloud.forecast.models.model import Model
from cloud.forecast.models.registry import REGISTRY
from cloud.forecast.models.signal_effects import WithSignals
from cloud.forecast.series import ClockSeries
from cloud.forecast.signals import (
    NO_SERIES_SIGNALS,
    SeriesSignals,
    SignalError,
    read_folder,
    read_signals,
)
from cloud.sites.public_holidays import CalendarError, public_holidays

REFUSED: Final = (
    BacktestError, CalendarError, LearningError, TableError, SignalError, OSError,
)  # fmt: skip
DEFAULT_MODELS: Final = [name for name, entry in REGISTRY.items() if entry.is_default]
HORIZON_H: Final = 168


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `backtest`."""
    parser.add_argument("file", type=Path, help="hourly series as .csv or .parquet")
    parser.add_argument(
        "--columns", default="series,at,value", metavar="SERIES,AT,VALUE[,OK]",
        help="names of the columns (series,at,value); OK marks valid hours",
    )  # fmt: skip
    parser.add_argument(
        "--timezone", metavar="ZONE", help="time zone of the series, such as Europe/London"
    )
    parser.add_argument(
        "--aggregate", choices=("sum", "mean"),
        help="how rows of parts of an hour are combined (default: sum of counts, mean of levels)",
    )  # fmt: skip
    parser.add_argument(
        "--date-format",
        metavar="FORMAT",
        help="format of the times, such as %%d/%%m/%%Y %%H:%%M (ISO 8601)",
    )
    parser.add_argument(
        "--delimiter", default=",", metavar="CHARACTER", help="separator of the CSV (,)"
    )
    parser.add_argument("--encoding", default="utf8", help="character encoding of the CSV (utf8)")
    parser.add_argument("--horizon", type=int, choices=(HORIZON_H,), default=HORIZON_H,
                        help="hours of a forecast (%(default)s, a week)")  # fmt: skip
    parser.add_argument("--origins", type=int, default=12, help="weeks to forecast (12)")
    parser.add_argument(
        "--on", nargs="+", type=date.fromisoformat, metavar="DATE",
        help="forecast the weeks from these days instead of --origins",
    )  # fmt: skip
    parser.add_argument(
        "--models", nargs="+", choices=REGISTRY, default=DEFAULT_MODELS, metavar="MODEL",
        help=f"models to score: {', '.join(REGISTRY)} (default: {' '.join(DEFAULT_MODELS)})",
    )  # fmt: skip
    parser.add_argument(
        "--holidays", metavar="CODE", help="holiday calendar, such as GB-ENG or AU-VIC"
    )
    parser.add_argument(
        "--signals",
        type=Path,
        metavar="FILE_OR_DIR",
        help="CSV of weather, school holidays and events; or a folder of <series>.csv",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--plot", type=Path, metavar="DIR", help="draw the last week of each series"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the scores; 1 when the file cannot be used, with the reason."""
    try:
        table = read_series(arguments.file, _read_options(arguments))
        for note in table.notes:
            sys.stderr.write(f"{arguments.file}: {note}\n")
        names, series = table.names, table.series
        series_signals = _read_signals(arguments.signals, names)
        origins = (
            validate_origins(series, arguments.on)
            if arguments.on
            else choose_origins(series, arguments.origins)
        )
        names, series, series_signals = _select_scorable(names, series, series_signals, origins)
        years = (series.first_on.year, series.ends_on.year + 1)
        holidays = public_holidays(arguments.holidays, *years)
        models = _build_models(arguments.models, series_signals)
        results = {one.model: one for one in run_backtest(series, models, holidays, origins)}
        if arguments.plot is not None:
            _plot(arguments.plot, names, series, models, holidays)
    except REFUSED as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error.name} is not installed: pip install 'onlooker[forecast]'\n")
        return 1
    _print(results, names, as_json=arguments.json)
    return 0


def _read_options(arguments: argparse.Namespace) -> ReadOptions:
    """The options for reading the file."""
    if len(arguments.delimiter) != 1 or not arguments.delimiter.isascii():
        raise TableError(f"--delimiter {arguments.delimiter!r}: expected one ASCII character")
    return ReadOptions(
        columns=tuple(arguments.columns.split(",")),
        zone=_zone(arguments.timezone),
        aggregate=arguments.aggregate,
        date_format=arguments.date_format,
        delimiter=arguments.delimiter,
        encoding=arguments.encoding,
    )


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TableError(
            f"--timezone {name!r} does not exist: use a name such as Europe/London"
        ) from None


def _select_scorable(
    names: list[str], series: ClockSeries, series_signals: SeriesSignals, origins: Sequence[date]
) -> tuple[list[str], ClockSeries, SeriesSignals]:
    """The series that have counts in the weeks to score; the others are printed by name."""
    excluded = set(find_uncounted_series(series, origins))
    rows = [at for at in range(len(names)) if at not in excluded]
    if not rows:
        raise BacktestError(
            "no series has a count above 0 in the weeks to score: choose others with --on"
        )
    if excluded:
        without = ", ".join(names[at] for at in sorted(excluded))
        sys.stderr.write(f"excluded, no count above 0 in the weeks to score: {without[:300]}\n")
    return (
        [names[at] for at in rows],
        ClockSeries(series.first_on, series.values[rows]),
        SeriesSignals(tuple(series_signals.of[at] for at in rows if series_signals.of)),
    )


def _build_models(names: list[str], series_signals: SeriesSignals) -> list[Model]:
    models = [REGISTRY[name].build() for name in dict.fromkeys(["naive", *names])]
    return (
        [models[0], *(_add_signals(model, series_signals) for model in models[1:])]
        if series_signals
        else models
    )


def _add_signals(model: Model, series_signals: SeriesSignals) -> Model:
    """A learner learns from signals; the forecasts of other models are adjusted by past effects."""
    if isinstance(model, Boosted):
        return replace(model, series_signals=series_signals)
    if isinstance(model, Blend):
        return replace(
            model,
            one=_add_signals(model.one, series_signals),
            other=_add_signals(model.other, series_signals),
        )
    return WithSignals(model, series_signals)


def _read_signals(path: Path | None, names: list[str]) -> SeriesSignals:
    """One file applies to all series; a folder holds one file for each series that has any."""
    if path is None:
        return NO_SERIES_SIGNALS
    if not path.is_dir():
        return SeriesSignals((read_signals(path),) * len(names))
    known = read_folder(path)
    unknown = sorted(known.keys() - set(names))
    if unknown:
        raise SignalError(
            f"{path / unknown[0]}.csv names no series of the file: they are "
            f"{', '.join(names)[:200]}"
        )
    return SeriesSignals(tuple(known.get(name) for name in names))


def _print(results: Mapping[str, BacktestResult], names: list[str], *, as_json: bool) -> None:
    rows = list(build_score_table(results))
    if as_json:
        by_series = {
            name: dict(zip(names, result.total.wql.tolist(), strict=True))
            for name, result in results.items()
        }
        wins = {
            f"{one.model} over {other.model}": compute_better_share(one, other)
            for one, other in permutations(results.values(), 2)
        }
        document = {"models": rows, "wql_by_series": by_series, "better_share": wins}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    columns = list(rows[0])
    sys.stdout.write("  ".join(f"{column:>17}" for column in columns) + "\n")
    for row in rows:
        sys.stdout.write(
            "  ".join(f"{_format_score(row[column]):>17}" for column in columns) + "\n"
        )


def _format_score(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4f}"


def _plot(
    folder: Path, names: list[str], series: ClockSeries, models: list[Model],
    holidays: frozenset[date],
) -> None:  # fmt: skip
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    history = ClockSeries(series.first_on, series.values[:, :-HORIZON_H])
    weeks = {model.name: model.week(history, holidays) for model in models}
    for at, name in enumerate(names):
        figure, axes = pyplot.subplots(figsize=(11, 4))
        _draw(axes, series.values[at, -HORIZON_H:], {key: week[at] for key, week in weeks.items()})
        axes.set_title(f"{name}, {HORIZON_H} hours from {history.ends_on}")
        figure.savefig(folder / f"{''.join(c if c.isalnum() else '-' for c in name)}.svg")
        pyplot.close(figure)


def _draw(axes: Any, truth: np.ndarray, weeks: Mapping[str, np.ndarray]) -> None:
    axes.plot(truth, color="black", linewidth=1, label="counted")
    for name, (low, middle, high) in weeks.items():
        (line,) = axes.plot(middle, linewidth=1, label=name)
        axes.fill_between(range(HORIZON_H), low, high, alpha=0.15, color=line.get_color())
    axes.set_xlabel("hours")
    axes.legend()
