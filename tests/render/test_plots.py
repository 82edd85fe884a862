"""Plots: well-formed SVG, points where they belong, names that cannot break out."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tasrih.render.plots import COLOURS, Line, lines, matrix, reliability

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg):
    return ElementTree.fromstring(svg)


def points(svg):
    found = parsed(svg).find(f"{SVG}polyline").get("points").split()
    return [tuple(map(float, point.split(","))) for point in found]


def test_a_line_rises_with_its_values():
    low, high = points(lines("t", "x", "y", [Line("a", [0.0, 1.0], [0.0, 1.0])]))
    assert low[0] < high[0] and low[1] > high[1]  # upwards is towards 0 in SVG


def test_another_top_stretches_the_axis():
    (_, half), (_, top) = points(lines("t", "x", "y", [Line("a", [0, 1], [0.25, 0.5])], top=0.5))
    (_, whole), (_, end) = points(lines("t", "x", "y", [Line("a", [0, 1], [0.5, 1.0])]))
    assert (half, top) == (whole, end)


def test_lines_past_the_colours_are_grey_and_counted():
    drawn = [Line(f"label{at}", [0, 1], [1, 0]) for at in range(COLOURS + 3)]
    svg = lines("t", "x", "y", drawn)
    assert svg.count('class="curve rest" points=') == 3
    assert ">3 more" in svg and ">label5<" in svg


def test_reliability_has_a_point_a_bin_and_the_diagonal():
    svg = reliability("t", [(10, 0.2, 0.1), (2000, 0.9, 0.95)])
    circles = parsed(svg).findall(f"{SVG}circle")
    assert len(circles) == 2 and float(circles[1].get("r")) > float(circles[0].get("r"))
    assert "dashed" in svg and ">2,000<" in svg


def test_a_matrix_is_shaded_by_rows():
    svg = matrix("t", ["sport", "health"], [[3, 1], [0, 0]])
    shades = [float(cell.get("fill-opacity")) for cell in parsed(svg).iter(f"{SVG}rect") if cell.get("fill-opacity")]
    assert shades == [0.75, 0.25, 0.0, 0.0]
    assert "sport → health: 1 of 4" in svg


@pytest.mark.parametrize("name", ['<script>alert("س")</script>', "a & b", "«اقتباس»"])
def test_names_are_escaped(name):
    for svg in (lines(name, name, name, [Line(name, [0, 1], [0, 1])]), matrix(name, [name], [[1]])):
        assert name in [*parsed(svg).itertext()]
        assert "<script" not in svg
