#!/usr/bin/env python3
"""Looks for time that depends on data in the code of the vector kernels.

    check_disassembly.py ARCHIVE                 the kernels in libnautilus_crypto_pq.a
    check_disassembly.py --expect-leaks ARCHIVE  leaky_vectors.cpp: each leak must be found

Refused are gathers and scatters, divisions, branches on flags that a vector or mask instruction
sets, and branches on general registers that were filled from a vector or mask register, followed
through copies, arithmetic and the function's own stack. A vector register counts as data until the
function itself puts a constant into it. What is exempt, and why, stands below. Also refused: weak
code in those files that is not theirs alone, since the linker might give it to callers on lesser
CPUs.
"""

import re
import subprocess
import sys

KERNELS = re.compile(r"(mlkem|mldsa|keccak)_(avx2|avx512)\.cpp\.o")

# Functions that may branch on what vectors hold, and why: by their full names, so that nothing else
# is let through that is called alike. One that has no need of it any more is an error.
PUBLIC = {
    r"::simd::(Avx2|Avx512)::accept\(":
        "rejection sampling of ML-KEM's matrix (FIPS 203 algorithm 7): its seed is in the public key",
    r"::simd::Sampling(Avx2|Avx512)::sample_public\(":
        "rejection sampling of ML-DSA's matrix (FIPS 204 algorithm 30): its seed is in the public key",
}
# Weak functions that belong to one instruction set by their template arguments.
OWN = re.compile(r"Avx2|Avx512|Words256|Words512|Ints256|Ints512|Lanes[0-9]")

REGISTERS = {}
for group in ("rax eax ax al ah", "rbx ebx bx bl bh", "rcx ecx cx cl ch", "rdx edx dx dl dh",
              "rsi esi si sil", "rdi edi di dil", "rbp ebp bp bpl", "rsp esp sp spl"):
    names = group.split()
    for register in names:
        REGISTERS[register] = names[0]
for number in range(8, 16):
    for suffix in ("", "d", "w", "b"):
        REGISTERS[f"r{number}{suffix}"] = f"r{number}"

BRANCH = re.compile(r"^j(?!mp)")
VECTOR = re.compile(r"^%(?:[xyz]mm(\d+)|(k[0-7]))")
# Instructions that leave the flags alone although they write a general register.
KEEPS_FLAGS = re.compile(r"^(mov|lea|push|pop|kmov|v?mov|vpextr|cmov|set|sarx|shlx|shrx|rorx|"
                         r"mulx|pdep|pext|not|nop|bswap|ret|call|jmp|j|xchg|v)")


def operands(text):
    """Splits AT&T operands at the commas outside parentheses and braces."""
    parts, depth, current = [], 0, ""
    for char in text:
        depth += (char in "({") - (char in ")}")
        if char == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    if current.strip():
        parts.append(current.strip())
    return parts


def general(operand):
    match = re.fullmatch(r"%(\w+)", operand)
    return REGISTERS.get(match[1]) if match else None


def vector(operand):
    """The vector or mask register an operand names, whatever its width and its masking."""
    match = VECTOR.match(operand)
    return (match[1] or match[2]) if match else None


def slot(operand):
    """A place in the function's own stack frame, by its text."""
    return operand if re.fullmatch(r"-?(0x[0-9a-f]+)?\(%r[sb]p\)", operand) else None


class Checker:
    """Follows one function from its first instruction to its last."""

    def __init__(self):
        self.tainted = set()
        self.constant = set()  # vector registers that hold constants
        self.flags_tainted = False
        self.problems = []

    def taint_of(self, operand):
        if register := vector(operand):
            return register not in self.constant
        place = general(operand) or slot(operand)
        return place in self.tainted if place else False

    def taint_of_address(self, operand):
        return any(REGISTERS.get(name) in self.tainted
                   for name in re.findall(r"%(\w+)", operand))

    def write(self, operand, taint):
        place = general(operand) or slot(operand)
        if place and taint:
            self.tainted.add(place)
        elif place:
            self.tainted.discard(place)

    def write_vector(self, mnemonic, args):
        sources = args[:-1]
        same = len(sources) == 2 and sources[0] == sources[1]
        constant = "{" not in args[-1] and (
            (same and re.match(r"v?(px|x|kx)or", mnemonic) is not None) or
            (re.match(r"(v|kmov|mov)", mnemonic) is not None and len(sources) == 1 and
             ("(%rip)" in sources[0] or
              (vector(sources[0]) or general(sources[0])) and not self.taint_of(sources[0]))))
        (self.constant.add if constant else self.constant.discard)(vector(args[-1]))

    def step(self, mnemonic, args, line):
        if "gather" in mnemonic or "scatter" in mnemonic:
            self.problems.append(f"address from data: {line}")
        elif re.match(r"i?div[bwlq]?$", mnemonic):
            self.problems.append(f"division: {line}")
        elif re.match(r"(v?ptest|vtestp|kortest|ktest|v?u?comis)", mnemonic):
            self.flags_tainted = True
        elif BRANCH.match(mnemonic):
            if self.flags_tainted:
                self.problems.append(f"condition on data: {line}")
        elif mnemonic.startswith("cmp") or mnemonic.startswith("test") or mnemonic == "bt":
            self.flags_tainted = any(self.taint_of(arg) for arg in args)
        elif mnemonic.startswith("call"):
            self.constant.clear()
        elif mnemonic == "lea":
            self.write(args[-1], self.taint_of_address(args[0]))
        elif args and vector(args[-1]):
            self.write_vector(mnemonic, args)
        elif args:
            self.arithmetic(mnemonic, args)

    def arithmetic(self, mnemonic, args):
        copies = re.match(r"(mov|kmov|vmov|vpextr|vpmovmsk|popcnt|lzcnt|tzcnt|blsr|andn|sarx|"
                          r"shlx|shrx|rorx|pext|pdep|bextr)", mnemonic)
        sources = args[:-1] if copies and len(args) > 1 else args
        zeroed = mnemonic.startswith("xor") and len(args) == 2 and args[0] == args[1]
        taint = not zeroed and any(self.taint_of(arg) for arg in sources)
        self.write(args[-1], taint)
        if not KEEPS_FLAGS.match(mnemonic):
            self.flags_tainted = taint


def functions(archive):
    """Yields (member, function, [(mnemonic, operands, line)])."""
    text = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", archive], check=True,
                          capture_output=True, text=True).stdout
    member, name, body = "", "", []
    for line in text.splitlines():
        if match := re.match(r"^(\S+):\s+file format", line):
            member = match[1]
        elif match := re.match(r"^[0-9a-f]+ <(.*)>:$", line):
            if body:
                yield member_of_body, name, body
            name, body, member_of_body = match[1], [], member
        elif match := re.match(r"^\s+[0-9a-f]+:\s+(?:\{\w+\}\s+)?(?:(?:rep|repz|bnd|notrack|data16|"
                               r"cs|lock)\s+)*(\S+)\s*(.*)$", line):
            body.append((match[1], operands(match[2].split("#")[0].split("<")[0]), line.strip()))
    if body:
        yield member_of_body, name, body


def exemption(name):
    return next((public for public in PUBLIC if re.search(public, name)), None)


def check(archive, wanted):
    """Returns ({function: problems}, number of functions, conditions seen, exemptions needed)."""
    found, count, conditions, needed = {}, 0, 0, set()
    for member, name, body in functions(archive):
        if not wanted.search(member):
            continue
        count += 1
        checker = Checker()
        for mnemonic, args, line in body:
            checker.step(mnemonic, args, line)
        public = exemption(name)
        if public is None:
            conditions += sum(bool(BRANCH.match(mnemonic)) for mnemonic, _, _ in body)
        if checker.problems and public is None:
            found[name] = checker.problems
        elif checker.problems:
            needed.add(public)
    return found, count, conditions, needed


def weak_strangers(archive):
    text = subprocess.run(["nm", "-C", archive], check=True, capture_output=True, text=True).stdout
    strangers, member = [], ""
    for line in text.splitlines():
        if line.endswith(":"):
            member = line[:-1]
        match = re.match(r"^[0-9a-f]+ W (.*)$", line)
        if match and KERNELS.search(member) and not OWN.search(match[1]):
            strangers.append(f"{member}: {match[1]}")
    return strangers


def expect_leaks(archive):
    found, _, _, needed = check(archive, re.compile(r"leaky_vectors"))
    expected = {"leaky_gather", "leaky_mask_branch", "leaky_word_branch", "leaky_test_branch",
                "leaky_division", "leaky::sample_public", "leaky::Avx512::accept"}
    found = {name.split("(")[0] for name in found}
    if found == expected and not needed:
        print(f"disassembly self-test: all {len(expected)} leaks found, nothing else")
        return 0
    print(f"error: not found: {sorted(expected - found)}, "
          f"found without cause: {sorted(found - expected)}, exempt: {sorted(needed)}")
    return 1


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--expect-leaks":
        return expect_leaks(sys.argv[2])
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    found, count, conditions, needed = check(sys.argv[1], KERNELS)
    for name, problems in found.items():
        for problem in problems:
            print(f"error: {name}: {problem}")
    strangers = weak_strangers(sys.argv[1])
    for stranger in strangers:
        print(f"error: weak code that other files might get: {stranger}")
    stale = set(PUBLIC) - needed if count > 0 else set()
    for public in stale:
        print(f"error: no function needs the exemption {public}")
    if count == 0:
        print("error: the archive holds no kernels")
    print(f"disassembly: {count} functions, {conditions} conditions, "
          f"{sum(map(len, found.values()))} on data")
    return 1 if found or strangers or stale or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
