"""Words and their weights, as a list and as a chart."""

_BAR = 40  # characters of the longest bar


class Explanation(list[tuple[str, float]]):
    """Words with their weights, the heaviest first; ``str()`` gives a bar chart, a line a word."""

    def __str__(self) -> str:
        if not self:
            return "(no words)"
        width = max(len(word) for word, _ in self)
        scale = _BAR / self[0][1]
        return "\n".join(
            f"{word:>{width}}  {weight:7.4f}  {'█' * max(1, round(weight * scale))}"
            for word, weight in self
        )
