"""The models that the cloud accepts for every camera are those that the agent ships with."""

from cloud.fleet.shadows.known_models import BUILT_IN
from edge_agent.settings.perception import ModelSettings


def test_the_agents_own_models_may_always_be_named():
    own = ModelSettings()
    assert {"detector": own.detector, "attention": own.attention} == BUILT_IN
