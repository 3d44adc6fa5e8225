"""The project's own files, for the checkers: what git tracks or would track."""

import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).parents[1]
SKIPPED_FOLDERS = {".git", ".cache", "build", "__pycache__"}
BINARY_FOLDERS = ("fuzz/corpus/",)  # inputs, not sources


def source_files(root=ROOT):
    """Paths relative to `root`, sorted. Falls back to walking where there is no repository or no
    git."""
    listed = None
    if (root / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=False)
    if listed is not None and listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        return sorted(name for name in names if name and not name.startswith(BINARY_FOLDERS) and
                      (root / name).is_file())
    names = []
    for folder, children, files in os.walk(root):
        children[:] = [c for c in children if c not in SKIPPED_FOLDERS and not c.startswith("build")]
        names += [(pathlib.Path(folder) / file).relative_to(root).as_posix() for file in files]
    return sorted(name for name in names if not name.startswith(BINARY_FOLDERS))
