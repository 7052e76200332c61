"""Print the dev group of pyproject.toml, one requirement a line, for installers that do not know groups."""

import tomllib
from pathlib import Path

print("\n".join(tomllib.loads(Path("pyproject.toml").read_text())["dependency-groups"]["dev"]))
