#!/usr/bin/env python3
"""Proves that check_size.py still bites, on source text made for the purpose."""

import sys

import check_size

BODY = "  int x = 0;\n"


def function(head, lines):
    return f"{head} {{\n{BODY * (lines - 2)}}}\n"


def failures(text, name="planted.cpp"):
    return check_size.check_file(name, text)[1]


# description, text, expected number of failures
CASES = [
    ("80 lines are allowed", function("int f()", 80), 0),
    ("81 lines are not", function("int f()", 81), 1),
    ("a method in a class", "class C {\n public:\n" + function("int f() const noexcept", 90) + "};\n",
     1),
    ("in a nested namespace", "namespace a::inline v0 {\n" + function("void f()", 90) + "}\n", 1),
    ("a parameter of struct type", function("void f(struct S* s)", 90), 1),
    ("a braced default argument", function("void f(S s = {}, int i = 0)", 90), 1),
    ("a constructor with an initialiser list", function("C::C(int a) : a_(a), b_(0)", 90), 1),
    ("a trailing return type", function("auto f(int a) -> int", 90), 1),
    ("an operator", function("bool operator==(const A& a, const B& b)", 90), 1),
    ("a template", function("template <class T = int>\nvoid f(T t)", 90), 1),
    ("a test", function("TEST(Suite, Name)", 90), 1),
    ("a table is not a function", "constexpr int kTable[] = {\n" + "    1,\n" * 200 + "};\n", 0),
    ("a class is not a function", "class C {\n" + "  int f();\n" * 200 + "};\n", 0),
    ("braces in literals and comments count for nothing",
     function("int f()", 40).replace(BODY, '  // }\n  g("}", \'}\');\n', 1) + function("int g()", 50),
     0),
    ("two functions after each other", function("int f()", 79) + function("int g()", 90), 1),
    ("700 lines are allowed", "int x;\n" * 700, 0),
    ("701 lines are not", "int x;\n" * 701, 1),
]


def main():
    wrong = 0
    for description, text, expected in CASES:
        found = failures(text)
        if len(found) != expected:
            wrong += 1
            print(f"WRONG  {description}: {found}")
    if len(check_size.check_file("planted.cpp", "int x;\n" * 601)[0]) != 1:
        wrong += 1
        print("WRONG  601 lines do not warn")
    if len(failures("def f():\n" + "    pass\n" * 80, "planted.py")) != 1:
        wrong += 1
        print("WRONG  a long Python function")
    print(f"size self-test: {len(CASES) + 2} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
