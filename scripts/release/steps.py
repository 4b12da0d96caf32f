"""steps.py JOB ARCHIVE SHA256: prints the shell steps of a job of GitHub or GitLab as one script of bash."""
import re
import shlex
import sys

from ruamel.yaml import YAML

path, archive, checksum = sys.argv[1:]
with open(path) as file:
    job = YAML(typ="safe").load(file)
if "jobs" in job:
    job = job["jobs"]["verify"]
    variables = job["env"]
    steps = [step["run"] for step in job["steps"] if "run" in step]
else:
    job = job["gpuconv"]
    variables = job["variables"]
    steps = job["before_script"] + job["script"]
variables |= {"GPUCONV_ARCHIVE": archive, "GPUCONV_SHA256": checksum}
print("cd /project")
for name, value in variables.items():
    value = re.sub(r"\$\{\{ github.workspace \}\}|\$CI_PROJECT_DIR", "/project", str(value))
    print(f"export {name}={shlex.quote(value)}")
for step in steps:
    print(step)
