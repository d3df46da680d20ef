#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plot.py BENCH.JSON OUT.SVG - draw what compare.py found: the CPU time of each tool as a ratio to native, on a
logarithmic scale, a row for each piece of work."""
import json
import math
import sys
from xml.sax.saxutils import escape

COLOURS = {"fakeid": "#1b6ca8", "fakeroot": "#c98a1b", "pseudo": "#8a5a9e", "proot": "#a33b3b"}
WIDTH, LEFT, RIGHT, TOP = 760, 190, 60, 62
BAR, GAP = 11, 12
LEAST, MOST = 0.5, 64


def across(ratio):
    span = math.log(MOST) - math.log(LEAST)
    at = (math.log(min(max(ratio, LEAST), MOST)) - math.log(LEAST)) / span
    return LEFT + at * (WIDTH - LEFT - RIGHT)


def text(x, y, words, anchor="start", fill="#222"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>'


def bars(row, tools, top):
    """One piece of work: a bar from native (ratio 1) to each tool's ratio."""
    out = []
    for number, tool in enumerate(tools):
        cell, y = row.get(tool, {}), top + number * BAR
        ratio = cell.get("cpu_ratio")
        if not ratio:
            out.append(text(across(1) + 4, y + BAR - 2, "fails" if "failed" in cell else "not measured", fill="#888"))
            continue
        left, right = sorted((across(1), across(ratio)))
        out.append(f'<rect x="{left:.1f}" y="{y + 1}" width="{max(right - left, 1.5):.1f}" height="{BAR - 2}" '
                   f'fill="{COLOURS[tool]}"/>')
        out.append(text(right + 4, y + BAR - 2, f"{ratio:g}"))
    return out


def draw(result):
    tools = [tool for tool in COLOURS if any(tool in row for row in result["work"].values())]
    height = TOP + len(result["work"]) * (len(tools) * BAR + GAP) + 8
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">',
           f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
           text(10, 18, "CPU time, with daemons, as a ratio to native (1 = no difference; logarithmic)")]
    for number, tool in enumerate(tools):
        out.append(f'<rect x="{10 + number * 90}" y="28" width="10" height="10" fill="{COLOURS[tool]}"/>')
        out.append(text(24 + number * 90, 37, tool))
    for ratio in (0.5, 1, 2, 4, 8, 16, 32, 64):
        x = across(ratio)
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 8}" '
                   f'stroke="{"#444" if ratio == 1 else "#ddd"}"/>')
        out.append(text(x, TOP - 9, f"{ratio:g}", "middle", "#666"))
    for number, (title, row) in enumerate(result["work"].items()):
        top = TOP + number * (len(tools) * BAR + GAP)
        out.append(text(LEFT - 10, top + len(tools) * BAR / 2 + 4, title, "end"))
        out += bars(row, tools, top)
    return "\n".join(out + ["</svg>"]) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        drawn = draw(json.load(file))
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(drawn)


if __name__ == "__main__":
    main()
