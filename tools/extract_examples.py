#!/usr/bin/env python3
"""Writes each ```cpp block of a Markdown file to its own source file and prints their paths.

    tools/extract_examples.py README.md OUTPUT_FOLDER

README.md's first block becomes OUTPUT_FOLDER/readme_example_1.cpp. Fails when there is no block.
"""

import pathlib
import re
import sys


def main():
    source, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    text = source.read_text(encoding="utf-8")
    blocks = list(re.finditer(r"^```cpp\n(.*?)^```$", text, re.S | re.M))
    if not blocks:
        print(f"{source}: no ```cpp block", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    for number, block in enumerate(blocks, 1):
        target = folder / f"{source.stem.lower()}_example_{number}.cpp"
        line = text.count("\n", 0, block.start(1)) + 1
        content = f'#line {line} "{source.resolve().as_posix()}"\n{block[1]}'
        if not target.is_file() or target.read_text(encoding="utf-8") != content:
            target.write_text(content, encoding="utf-8")
        print(target.resolve().as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main())
