"""Programs that cannot be started, for playbook examples: what ld.so and the container runtime say of them.

    python tests/goservices/recipes/loaders.py

Needs gcc, since only programs with C in them have a loader. A small Go program is built with cgo, and then broken: its library is
taken away, the version of glibc that it wants is raised, its loader is not there, its machine is another. Where the kernel itself
refuses, a launcher in Go prints the error as runc does (`os.PathError` of `exec`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
import shop
from examples import POD, path_of, write_meta

LIBRARY = "int pdf_pages(void) { return 7; }\n"
PROGRAM = """package main

// #cgo LDFLAGS: -L. -lpdf
// int pdf_pages(void);
import "C"

func main() { println(C.pdf_pages()) }
"""
LAUNCHER = """package main

import (
	"fmt"
	"os"
	"syscall"
)

func main() {
	err := syscall.Exec(os.Args[1], []string{"/app/checkout"}, nil)
	fmt.Fprintln(os.Stderr, &os.PathError{Op: "exec", Path: "/app/checkout", Err: err})
	os.Exit(255)
}
"""
CONVERTER = 'level=warn msg="thumbnail skipped" sku=A-7781 output="{}"'
WANTED, UNKNOWN = b"GLIBC_2.34", b"GLIBC_2.99"


def go(directory: Path, name: str, source: str, *words: str, **environment: str) -> Path:
    """Build one Go file and return the program."""
    (directory / f"{name}.go").write_text(source)
    settings = {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GO111MODULE": "off", **environment}
    command = [str(shop.find_go()), "build", "-trimpath", *words, "-o", name, f"{name}.go"]
    subprocess.run(command, cwd=directory, env=os.environ | settings, check=True)
    return directory / name


def hashed(name: bytes) -> bytes:
    """The hash of a symbol version in an ELF file (System V ABI, "Hash Table")."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ (high >> 24)) & ~high & 0xFFFFFFFF
    return value.to_bytes(4, "little")


def said(*command: str | Path, libraries: Path | None = None) -> str:
    """What a program that cannot start prints on standard error."""
    environment = {"LD_LIBRARY_PATH": str(libraries)} if libraries else {}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if not done.returncode or not done.stderr:
        raise RuntimeError(f"{command} was expected to fail, and to say why")
    return done.stderr


def loaded(program: Path, libraries: Path | None = None) -> str:
    """What the loader says of a program that is called /app/checkout."""
    return said("bash", "-c", 'exec -a /app/checkout "$0"', program, libraries=libraries)


def main() -> None:
    """Write all examples."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        (work / "pdf.c").write_text(LIBRARY)
        subprocess.run(["gcc", "-shared", "-fPIC", "-Wl,-soname,libpdf.so.4", "-o", "libpdf.so", "pdf.c"], cwd=work, check=True)
        (work / "libpdf.so.4").write_bytes((work / "libpdf.so").read_bytes())
        program = go(work, "checkout", PROGRAM, CGO_ENABLED="1")
        newer = work / "newer"
        newer.write_bytes(program.read_bytes().replace(WANTED, UNKNOWN).replace(hashed(WANTED), hashed(UNKNOWN)))
        newer.chmod(0o755)
        loader = "-ldflags=-linkmode=external -extldflags=-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1"
        musl = go(work, "musl", PROGRAM, loader, CGO_ENABLED="1")
        launcher = go(work, "launcher", LAUNCHER, CGO_ENABLED="0")
        foreign = go(work, "arm64", LAUNCHER, GOARCH="arm64", CGO_ENABLED="0")
        missing = loaded(program)
        examples = {
            "dynamic-linking/fires-missing-library": missing,
            "dynamic-linking/fires-older-glibc": loaded(newer, work),
            "dynamic-linking-loader/fires-musl-binary": said(launcher, musl),
            "dynamic-linking-platform/fires-arm64-image": said(launcher, foreign),
        }
    child = missing.strip().replace("/app/checkout", "/usr/bin/convert")
    examples["dynamic-linking/quiet-child-process"] = served(CONVERTER.format(child), child)
    failed = 'level=warn msg="plugin skipped" error="fork/exec /app/plugins/tax: {}"'
    examples["dynamic-linking-platform/quiet-plugin"] = served(failed.format("exec format error"))
    examples["dynamic-linking-loader/quiet-plugin"] = served(failed.format("no such file or directory"))
    for name, text in examples.items():
        (path_of(name) / "service.log").write_text(text)
        write_meta(path_of(name), datetime.now(UTC), instance=POD)


def served(*lines: str) -> str:
    """The log of a shop that started, had trouble with a child process, and goes on."""
    before = 'level=info msg="starting" service=checkout version=v1.42.0', 'level=info msg="listening" addr=127.0.0.1:8080'
    stamp = datetime.now(UTC).strftime("%Y/%m/%d %H:%M:%S")
    return "".join(f"{stamp} {line}\n" for line in (*before, *lines, 'level=info msg="order taken" order=8811'))


if __name__ == "__main__":
    main()
