"""Commit subjects read `area: imperative summary`, in at most 72 characters."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUBJECT = re.compile(r"[a-z][a-z0-9 _/,.-]*: \S.*")
LONGEST = 72
SINCE = "2026-11-29T07:00:00Z"  # earlier subjects had no rule
NO_IMPERATIVE = re.compile(
    r"(?!(?:bring|embed|feed|seed|shed|speed)\b)(?:\w+ed|\w+ing|fixes|adds|removes|makes|uses)\b"
)


def subjects():
    if not (ROOT / ".git").exists():
        return []
    log = ["git", "log", f"--since={SINCE}", "--no-merges", "--format=%s"]
    done = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_commit_subjects_have_an_area_and_an_imperative_summary():
    newest = subjects()
    if not newest:
        pytest.skip("not a git checkout, or no commit since the rule")
    assert [one for one in newest if not SUBJECT.fullmatch(one) or len(one) > LONGEST] == []
    summaries = [one.partition(": ")[2] for one in newest]
    assert [one for one in summaries if NO_IMPERATIVE.match(one)] == []
