"""Configuration as code: programmes, connections, suppliers and products as one YAML file under version control.

The file is read with the line of everything in it (`reading`), each room checks and keeps its own sections (its
`config.SECTIONS`), the difference is worked out here (`planning`), and what is live is written out again (`writing`).
"""

from rewards_portal.configuration.operations import apply_file, export, json_schema, plan_file
from rewards_portal.configuration.planning import Plan
from rewards_portal.configuration.reading import FileError

__all__ = ["FileError", "Plan", "apply_file", "export", "json_schema", "plan_file"]
