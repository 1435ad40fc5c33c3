"""The house as a drawing: as many windows as there are flats, all quiet, one lit. Values in, SVG out; no database.

A floor is one dashed line: every dash is a window, so a house of two hundred flats is still about a kilobyte.
"""

import re
from dataclasses import dataclass
from zlib import crc32

MOST_ENTRANCES, MOST_FLOORS, MOST_PER_FLOOR = 8, 16, 6
USUAL_PER_FLOOR = 4
WINDOW, HIGH, GAP, STEP, STAIRS = 9, 11, 5, 19, 13  # sizes in the units of the drawing


@dataclass(frozen=True)
class Plan:
    """Where the windows are: `rows` from the top floor down, each with the number of windows in it."""

    entrances: int
    floors: int
    per_floor: int  # windows of one entrance on one floor
    rows: tuple[int, ...]

    @property
    def windows(self) -> int:
        return sum(self.rows)


def plan(entrances: int, floors: int, flats: int) -> Plan:
    """Return the plan of a house; the windows are exactly the flats unless the house is too big to draw in full,
    or so few of its flats are known that it would not look like a house.

    Windows that do not fill the last row are missing at the ground floor: shops and passages live there.
    """
    entrances, floors = min(max(entrances, 1), MOST_ENTRANCES), min(max(floors, 1), MOST_FLOORS)
    if flats < entrances * floors:  # most of its flats are not known here: a house of usual width
        flats = entrances * floors * USUAL_PER_FLOOR
    per_floor = min(max(-(-flats // (entrances * floors)), 1), MOST_PER_FLOOR)
    full = entrances * per_floor
    left = min(flats, full * floors)
    rows = []
    for _ in range(floors):
        rows.append(min(full, left))
        left -= rows[-1]
    return Plan(entrances, floors, per_floor, tuple(rows))


def place(house: Plan, label: str, entrance: int | None, floor: int | None) -> tuple[int, int]:
    """Return (row from the top, window from the left) of the flat: by its entrance and floor, else by its number."""
    digits = re.search(r"\d+", label)
    number = (int(digits[0]) if digits else crc32(label.encode()) % 997 + 1) - 1
    per_entrance = house.per_floor * house.floors
    by_number = number // house.per_floor % house.floors + 1
    at_floor = min(max(floor or by_number, 1), house.floors)
    at_entrance = min(max(entrance or number // per_entrance % house.entrances + 1, 1), house.entrances)
    row = house.floors - at_floor
    while row and not house.rows[row]:
        row -= 1
    column = (at_entrance - 1) * house.per_floor + number % house.per_floor
    return row, min(column, house.rows[row] - 1)


def left_of(house: Plan, column: int) -> int:
    """Return the x of a window; stairs stand between entrances."""
    return column * (WINDOW + GAP) + column // house.per_floor * (STAIRS - GAP)


def draw(house: Plan, lit: tuple[int, int] | None) -> str:
    """Return the SVG: wall, roof, doors, quiet windows and the lit one. Colours come from the style sheet."""
    full = house.entrances * house.per_floor
    wide = left_of(house, full - 1) + WINDOW
    base = house.floors * STEP + 8
    gaps = [str(WINDOW), str(GAP)] * (house.per_floor - 1) + [str(WINDOW), str(STAIRS)]
    floors = "".join(
        f"M0 {row * STEP + HIGH // 2 + 1}h{left_of(house, count - 1) + WINDOW}"
        for row, count in enumerate(house.rows)
        if count
    )
    doors = "".join(
        f"M{left_of(house, number * house.per_floor) - STAIRS + 2} {base}v-12h9v12"
        for number in range(1, house.entrances)
    )
    doors += f"M{wide + 2} {base}v-12h9v12"
    light = ""
    if lit:
        x, y = left_of(house, lit[1]), lit[0] * STEP
        light = (
            f'<circle class="f-glow" cx="{x + WINDOW / 2}" cy="{y + 6}" r="15"/>'
            f'<path class="f-lit" d="M{x - 1} {y}h{WINDOW + 2}v{HIGH + 2}h-{WINDOW + 2}z"/>'
            f'<path class="f-sash" d="M{x + WINDOW / 2} {y}v{HIGH + 2}"/>'
        )
    return (
        f'<svg class="facade" viewBox="-34 -30 {wide + 82} {base + 34}" aria-hidden="true" focusable="false">'
        f'<circle class="f-sky" cx="{wide + 28}" cy="-15" r="8"/>'
        f'<path class="f-wall" d="M-8 {base}V-9h{wide + 24}V{base}z"/>'
        f'<path class="f-roof" d="M-12-9h{wide + 32}M{wide * 3 // 4}-9v-12m-5 3h10M6-9v-6h9v6"/>'
        f'<path class="f-win" stroke-dasharray="{" ".join(gaps)}" d="{floors}"/>'
        f'<path class="f-door" d="{doors}"/>'
        f'{light}<path class="f-tree" d="M-22 {base}v-22m0 8l5-5M{wide + 32} {base}v-16"/>'
        f'<circle class="f-leaf" cx="-22" cy="{base - 26}" r="10"/><circle class="f-leaf" cx="{wide + 32}" cy="{base - 19}" r="8"/>'
        f'<path class="f-ground" d="M-34 {base}h{wide + 82}"/></svg>'
    )
