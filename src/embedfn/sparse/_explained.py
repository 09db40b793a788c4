"""Words and their weights, as a list, as text and as charts."""

import os

from embedfn._extras import require

_BAR = 40  # characters of the longest bar


class Explanation(list[tuple[str, float]]):
    """Words with their weights, the heaviest first; ``str()`` gives the chart for a terminal."""

    def __str__(self) -> str:
        return self.chart()

    def text(self) -> str:
        """Return one line: ``drive 2.13, mount 1.98``."""
        return ", ".join(f"{word} {weight:.2f}" for word, weight in self)

    def chart(self, width: int = _BAR) -> str:
        """Return a bar chart for a terminal, a line a word, the longest bar of ``width``."""
        if not self:
            return "(no words)"
        margin = max(len(word) for word, _ in self)
        scale = width / max(abs(weight) for _, weight in self)
        return "\n".join(
            f"{word:>{margin}}  {weight:7.4f}  {'█' * max(1, round(abs(weight) * scale))}"
            for word, weight in self
        )

    def save_png(self, path: str | os.PathLike[str]) -> None:
        """Draw a bar chart into a PNG file.

        Raises
        ------
        ImportError
            Without the extra ``plot``.
        OSError
            For a file that cannot be written.
        """
        require("matplotlib", "plot")
        # Not pyplot, which would keep the figure and may ask for a display.
        figure = require("matplotlib.figure", "plot").Figure(
            figsize=(6.4, 0.8 + 0.25 * max(1, len(self))), layout="constrained"
        )
        axes = figure.add_subplot()
        places = range(len(self))
        axes.barh(places, [weight for _, weight in self])
        # A word may be a dollar sign, which is no formula.
        axes.set_yticks(places, labels=[word for word, _ in self], parse_math=False)
        axes.invert_yaxis()
        axes.set_xlabel("weight")
        figure.savefig(os.fspath(path), format="png", dpi=150)
