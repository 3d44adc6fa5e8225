#!/usr/bin/env python3
"""Builds the consumer against an installed (or included) Nautilus, the way a user would.

    install_test.py find_package|pkg_config|add_subdirectory|shared --source .. --build .. ...
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CONSUMER = pathlib.Path(__file__).parent / "consumer"


# Two of the ways build the library again; what has been compiled before need not be.
LAUNCHER = shutil.which("ccache") or ""


def run(*command, **kwargs):
    print("+", *command, flush=True)
    return subprocess.run([str(part) for part in command], check=True, text=True, **kwargs)


def install(build, prefix):
    run("cmake", "--install", build, "--prefix", prefix, stdout=subprocess.DEVNULL)
    for expected in ("include/nautilus/error.hpp", "include/nautilus/version.hpp"):
        if not (prefix / expected).is_file():
            sys.exit(f"{expected} was not installed")
    for header in prefix.rglob("*.hpp"):
        if "/src/" in header.as_posix() or not header.is_relative_to(prefix / "include/nautilus"):
            sys.exit(f"{header} does not belong into an installation")


def expect(program, version, **environment):
    done = run(program, stdout=subprocess.PIPE, env={**os.environ, **environment})
    print(done.stdout, end="")
    if done.stdout.splitlines()[:1] != [f"nautilus {version}"]:
        sys.exit(f"expected version {version}")


def cmake_consumer(arguments, scratch, *options):
    build = scratch / "consumer"
    run("cmake", "-S", CONSUMER, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_CXX_COMPILER={arguments.compiler}",
        f"-DCMAKE_CXX_COMPILER_LAUNCHER={LAUNCHER}", *options, stdout=subprocess.DEVNULL)
    run("cmake", "--build", build, "--parallel", "2", stdout=subprocess.DEVNULL)
    return build


def find_package(arguments, scratch):
    prefix = scratch / "prefix"
    install(arguments.build, prefix)
    moved = scratch / "moved"  # an installed tree names no path of the machine that built it
    prefix.rename(moved)
    build = cmake_consumer(arguments, scratch, f"-DCMAKE_PREFIX_PATH={moved}",
                           "-DCONSUMER_WAY=find_package")
    expect(build / "consumer", arguments.version)
    run(build / "consumer_asio")


def pkg_config(arguments, scratch):
    if shutil.which("pkg-config") is None:
        print("SKIPPED: no pkg-config")
        sys.exit(77)
    prefix = scratch / "prefix"
    install(arguments.build, prefix)
    folder = next(prefix.rglob("nautilus.pc")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(folder)}

    def ask(*what):
        return run("pkg-config", *what, "nautilus", stdout=subprocess.PIPE,
                   env=environment).stdout.split()

    if ask("--modversion") != [arguments.version]:
        sys.exit("pkg-config names another version")
    program = scratch / "consumer"
    static = next(iter(folder.parent.glob("libnautilus.a")), None)
    run(arguments.compiler, "-std=c++23", CONSUMER / "main.cpp", "-o", program,
        *ask("--cflags"), *ask(*(["--static"] if static else []), "--libs"))
    expect(program, arguments.version, LD_LIBRARY_PATH=str(folder.parent))


def add_subdirectory(arguments, scratch):
    build = cmake_consumer(arguments, scratch, f"-DNAUTILUS_SOURCE={arguments.source}",
                           "-DCONSUMER_WAY=add_subdirectory")
    expect(build / "consumer", arguments.version)
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    for option in ("NAUTILUS_BUILD_TESTS", "NAUTILUS_BUILD_APPS", "NAUTILUS_INSTALL"):
        if f"{option}:BOOL=OFF" not in cache:
            sys.exit(f"{option} is not off inside another project")


def shared(arguments, scratch):
    library = scratch / "shared"
    run("cmake", "-S", arguments.source, "-B", library, "-G", "Ninja", "-DBUILD_SHARED_LIBS=ON",
        "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_CXX_COMPILER={arguments.compiler}",
        "-DNAUTILUS_BUILD_TESTS=OFF", "-DNAUTILUS_BUILD_APPS=OFF", stdout=subprocess.DEVNULL)
    run("cmake", "--build", library, "--parallel", "2", stdout=subprocess.DEVNULL)
    arguments.build = library
    prefix = scratch / "prefix"
    install(library, prefix)
    if not list(prefix.rglob("libnautilus.so.*")):
        sys.exit("no shared library was installed")
    build = cmake_consumer(arguments, scratch, f"-DCMAKE_PREFIX_PATH={prefix}",
                           "-DCONSUMER_WAY=find_package")
    expect(build / "consumer", arguments.version)


WAYS = {"find_package": find_package, "pkg_config": pkg_config,
        "add_subdirectory": add_subdirectory, "shared": shared}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--version", required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            WAYS[arguments.way](arguments, pathlib.Path(scratch))
        except subprocess.CalledProcessError as error:
            print(error.stdout or "")
            sys.exit(f"failed: {error}")


if __name__ == "__main__":
    main()
