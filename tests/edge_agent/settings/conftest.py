"""Reads the error of settings that are refused."""

import pytest

from edge_agent.settings.loading import SettingsError, parse


@pytest.fixture
def refusal():
    """Returns the error message for TOML text that is refused."""

    def refuse(text):
        with pytest.raises(SettingsError) as refused:
            parse(text)
        return str(refused.value)

    return refuse
