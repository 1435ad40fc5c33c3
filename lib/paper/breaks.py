"""Where a table goes on to the next page: arithmetic over the heights of its rows, in points."""

from collections.abc import Sequence

KEEP = 3  # rows that stay together at the end of a page and on the page after it
TALL = 100.0  # fewer rows will do where they are as high as this together


def breaks(heights: Sequence[float], tied: Sequence[bool], first: float, page: float, tail: float = 0.0) -> list[int]:
    """The rows with which new pages begin; 0 among them where the table should not begin on this page at all.

    `tied` says of each row whether it stays with the one before it. `first` is the room below the head on this page, `page`
    that on a fresh one, `tail` the height of what follows the table and stays with its last rows. A row is never torn; the
    other wishes are given up one after another where a page cannot grant them.
    """
    starts: list[int] = []
    at, room, is_fresh = 0, first, first >= page - 0.01
    while True:
        end, used = at, 0.0
        while end < len(heights) and used + heights[end] <= room + 0.01:
            used += heights[end]
            end += 1
        if end == len(heights) and used + tail <= room + 0.01:
            return starts
        place = _place(heights, tied, at, end, is_fresh=is_fresh)
        if place == len(heights):
            return starts
        starts.append(place)
        at, room, is_fresh = place, page, True


def _place(heights: Sequence[float], tied: Sequence[bool], at: int, end: int, *, is_fresh: bool) -> int:
    """The last good place for a break after row `at` and not after row `end`: `at` itself is a whole page given up."""
    places = [place for place in range(min(end, len(heights) - 1), at, -1) if not tied[place]]
    with_rest = [place for place in places if _is_enough(heights[place:])]
    for place in with_rest:
        if _is_enough(heights[at:place]):
            return place
    if not is_fresh:
        return at
    if end == len(heights):
        return end  # all rows are on the page: what follows them goes on alone
    return next(iter(with_rest or places), max(end, at + 1))


def _is_enough(heights: Sequence[float]) -> bool:
    return len(heights) >= KEEP or sum(heights) >= TALL
