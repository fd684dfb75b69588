"""The agent starts without the libraries of the cloud."""

import subprocess
import sys

FORBIDDEN = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {
            "cloud", "boto3", "fastapi", "pandas", "prophet", "sqlalchemy", "torch", "scipy"
        }:
            raise ImportError(f"the camera does not carry {name}")
sys.meta_path.insert(0, Refuse())
import edge_agent.commands.main
"""


def test_the_agent_starts_where_no_cloud_library_can_be_imported():
    process = subprocess.run([sys.executable, "-c", FORBIDDEN], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
