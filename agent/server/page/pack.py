"""Packs the page's files into a C++ source: pack.py OUTPUT FOLDER. See agent/server/page_files.h."""

import gzip
import hashlib
import pathlib
import sys

FILES = [
    ("kPageHtml", "page.html", "text/html; charset=utf-8"),
    ("kPageScript", "page.js", "text/javascript; charset=utf-8"),
    ("kPageStyle", "page.css", "text/css; charset=utf-8"),
]


def literal(data):
    """Octal escapes have three digits at most, so that no digit behind one is taken for its own."""
    text = "".join(f"\\{byte:03o}" for byte in data)
    width = 4 * 25
    return "\n".join(f'    "{text[i:i + width]}"' for i in range(0, len(text), width))


def main():
    output, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    source = ['#include "agent/server/page_files.h"', "", "namespace lokitail::agent {"]
    for name, file, content_type in FILES:
        # A script may stand in several files, so that each has one job: page.js, page_*.js in their order.
        stem, suffix = file.split(".")
        parts = [folder / file] + sorted(folder.glob(f"{stem}_*.{suffix}"))
        data = b"".join(part.read_bytes() for part in parts)
        packed = gzip.compress(data, 9, mtime=0)
        etag = hashlib.sha256(data).hexdigest()[:16]
        source += [
            f"const PageFile {name}{{",
            f'    "{content_type}", "\\"{etag}\\"", {len(data)}, {{',
            literal(packed) + f", {len(packed)}}}}};",
        ]
    source += ["}  // namespace lokitail::agent", ""]
    text = "\n".join(source)
    if not output.exists() or output.read_text() != text:
        output.write_text(text)
    else:
        output.touch()


main()
