#!/usr/bin/env python3
"""The list of sources must not depend on git being there."""

import os
import pathlib
import sys
import tempfile

import source_files


def main():
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for file in ("a.cpp", "sub/b.py", "build/c.cpp", "sub/__pycache__/b.pyc",
                     "fuzz/corpus/record/seed"):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text("x")
        wanted = ["a.cpp", "sub/b.py"]
        walked = source_files.source_files(root)
        assert walked == wanted, walked
        # A clone on a machine without git.
        (root / ".git").mkdir()
        os.environ["PATH"] = name
        without = source_files.source_files(root)
        assert without == wanted, without
    here = source_files.source_files()
    assert "tools/source_files.py" in here and "CMakeLists.txt" in here, here[:10]
    print("source files: found with git, without a repository and without git")
    return 0


if __name__ == "__main__":
    sys.exit(main())
