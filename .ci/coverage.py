"""coverage.py ROOT LIST FOLDER=LEAST...: reads what `llvm-cov export` says, prints the share of lines that were reached
in each folder, and writes the files, the least covered first, into LIST. Ends with 1 where a share is less than it may be."""
import json
import os
import sys

root, listing = sys.argv[1:3]
least = {folder: float(share) for folder, share in (each.split("=") for each in sys.argv[3:])}
files = []
for file in json.load(sys.stdin)["data"][0]["files"]:
    name = os.path.relpath(file["filename"], root)
    if name.split(os.sep)[0] in least:
        lines = file["summary"]["lines"]
        files.append((lines["covered"], lines["count"], name))

with open(listing, "w") as out:
    for covered, count, name in sorted(files, key=lambda each: (each[0] - each[1], each[2])):
        out.write("%6.1f %%  %5d of %5d not reached  %s\n" % (100 * covered / max(count, 1), count - covered, count, name))

status = 0
for folder, wanted in least.items():
    covered = sum(file[0] for file in files if file[2].startswith(folder + os.sep))
    count = sum(file[1] for file in files if file[2].startswith(folder + os.sep))
    share = 100 * covered / count if count else 0
    is_enough = share >= wanted
    print("%-10s %5.1f %% of %6d lines, at least %g %%%s" % (folder + "/", share, count, wanted, "" if is_enough else ": TOO FEW"))
    status = status if is_enough else 1
sys.exit(status)
