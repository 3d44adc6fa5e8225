#!/usr/bin/env python3
"""Checks the length of files and functions.

    tools/check_size.py [FILE...]      all source files of the project by default

Files: warned about above 600 lines, refused above 700. Functions: refused above 80 lines, counted
from the line where the declaration starts to the closing brace. What may be longer is listed below
by name, with the reason.
"""

import ast
import pathlib
import re
import sys

from source_files import ROOT, source_files

FILE_WARN = 600
FILE_MAX = 700
FUNCTION_MAX = 80

# (file, function) -> why it may be long; "*" stands for the file itself.
EXCEPTIONS = {
    ("src/core/error.cpp", "entry"): "a table: one line per error code",
    ("src/core/alert_map.cpp", "alert_for"): "a table: one line per error code",
    ("tests/protocol/state_table.cpp", "state_table"): "a table: one line per state and message",
    ("src/crypto/curve25519/tables.cpp", "*"): "a table: multiples of the base point, generated",
}

CPP = {".hpp", ".cpp", ".h", ".inc"}
SCRIPTS = {"", ".py", ".sh", ".cmake"}
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
TEMPLATE = re.compile(r"\btemplate\s*<[^<>]*(?:<[^<>]*>[^<>]*)*>")
ACCESS = re.compile(r"\b(public|private|protected)\s*:")
CONTROL = re.compile(r"^\s*(if|else|for|while|do|switch|try|catch|return|case)\b")
NAME = re.compile(r"([~\w]+|operator\s*[^\s(]+|operator\(\))\s*\($")


def blank_out(text):
    """Replaces comments and the contents of literals by spaces, keeping line breaks."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
        r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.S)
    text = pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), text,
                  flags=re.M)


def header_name(header):
    """The name of the function whose declaration is `header`, or None if it is none."""
    if "(" not in header or CONTROL.match(header):
        return None
    depth, previous = 0, ""
    for index, char in enumerate(header):
        if char == "(":
            if depth == 0:
                match = NAME.search(header[:index + 1])
                if match and match[1] not in ("alignas", "decltype", "noexcept", "requires"):
                    return match[1]
            depth += 1
        elif char == ")":
            depth -= 1
        elif depth == 0 and char == "=" and previous not in "=!<>" and "operator" not in header:
            return None  # an initialiser
        previous = char
    return None


def cpp_functions(text):
    """Yields (name, first line, length) of every function at namespace or class scope."""
    clean = blank_out(text)
    scopes = []  # True for a scope that may hold functions
    start = 0  # where the current declaration begins
    function = None
    parentheses = 0
    for index, char in enumerate(clean):
        if function is not None:
            if char == "{":
                function[2] += 1
            elif char == "}":
                function[2] -= 1
                if function[2] == 0:
                    first = clean.count("\n", 0, function[1]) + 1
                    yield function[0], first, clean.count("\n", function[1], index) + 1
                    function, start = None, index + 1
            continue
        if char in "()":
            parentheses += 1 if char == "(" else -1
        elif char == ";" and parentheses == 0:
            start = index + 1
        elif char == "{":
            header = clean[start:index]
            begin = start + len(header) - len(header.lstrip())
            header = TEMPLATE.sub("", ACCESS.sub("", header)).strip()
            name = None if parentheses else header_name(header)
            if parentheses == 0 and SCOPE.search(header.split("(")[0]) and (
                    name is None or re.match(r"\s*(extern\s*$|namespace)", header)):
                scopes.append(True)
                start = index + 1
            elif name is not None and all(scopes):
                function = [name, begin, 1]
            else:
                scopes.append(False)
        elif char == "}":
            if scopes and scopes.pop():
                start = index + 1


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def is_ours(name):
    path = pathlib.PurePosixPath(name)
    if path.suffix in CPP or path.name == "CMakeLists.txt":
        return True
    return path.suffix in SCRIPTS and path.parts[0] in ("scripts", "tools", "tests", "cmake",
                                                        ".ci", "fuzz", "bench")


def check_file(name, text):
    """Returns (warnings, failures)."""
    warnings, failures = [], []
    lines = text.count("\n")
    if lines > FILE_WARN and (name, "*") not in EXCEPTIONS:
        message = f"{name}: {lines} lines (warned above {FILE_WARN}, refused above {FILE_MAX})"
        (failures if lines > FILE_MAX else warnings).append(message)
    functions = ()
    if pathlib.PurePosixPath(name).suffix in CPP:
        functions = cpp_functions(text)
    elif name.endswith(".py") or text.startswith("#!/usr/bin/env python3"):
        functions = python_functions(text)
    for function, line, length in functions:
        if length > FUNCTION_MAX and (name, function) not in EXCEPTIONS:
            failures.append(f"{name}:{line}: {function}() has {length} lines, "
                            f"at most {FUNCTION_MAX}")
    return warnings, failures


def main():
    names = sys.argv[1:] or [name for name in source_files() if is_ours(name)]
    failed = 0
    for name in names:
        warnings, failures = check_file(name, (ROOT / name).read_text(encoding="utf-8"))
        for line in warnings:
            print(f"warning: {line}")
        for line in failures:
            print(f"error: {line}")
        failed += len(failures)
    stale = sorted({file for file, _ in EXCEPTIONS if not (ROOT / file).is_file()})
    for file in stale:
        print(f"error: the exception for {file} names a file that does not exist")
    print(f"size: {len(names)} files, {failed + len(stale)} errors")
    return 1 if failed or stale else 0


if __name__ == "__main__":
    sys.exit(main())
