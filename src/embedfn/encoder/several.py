"""An encoder on several devices at once."""

import os
from collections.abc import Sequence

import torch

from embedfn.encoder.device import choose_device
from embedfn.encoder.engine import Encoder

# Packs for each device, at least: the last ones are short, so that all end at about the same time.
_SHARES = 4


class SeveralEncoders(Encoder):
    """As :class:`Encoder`, with a thread for each device that takes packs from one queue.

    The first device's encoder tokenises. A device that is named twice has one copy of the weights
    and two threads.

    Parameters
    ----------
    model, batch_size, dtype, truncate_dim, include_prompt
        As :class:`Encoder` takes them.
    devices : sequence of str or torch.device
        All of one type, since precision follows from the type.

    Raises
    ------
    ValueError
        For no device and for devices of several types.
    """

    def __init__(
        self,
        model: str | os.PathLike[str],
        devices: Sequence[str | torch.device],
        batch_size: int = 32,
        *,
        dtype: torch.dtype | None = None,
        truncate_dim: int | None = None,
        include_prompt: bool | None = None,
    ) -> None:
        chosen = choose_devices(devices)
        super().__init__(
            model,
            chosen[0],
            batch_size,
            dtype=dtype,
            truncate_dim=truncate_dim,
            include_prompt=include_prompt,
        )
        made: dict[torch.device, Encoder] = {chosen[0]: self}
        for device in chosen[1:]:
            if device not in made:
                made[device] = Encoder(
                    model, device, batch_size, dtype=dtype, truncate_dim=truncate_dim
                )
        self._workers = [made[device] for device in chosen]

    def _pack_tokens(self, n_tokens: int, budget: int) -> int:
        """So many that there is work for all."""
        return max(1, min(budget, -(-n_tokens // (_SHARES * len(self._workers)))))


def choose_devices(devices: Sequence[str | torch.device]) -> list[torch.device]:
    """Check devices, each as :func:`embedfn.encoder.device.choose_device` does.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As :func:`choose_device`; ValueError also for none and for several types.
    """
    if isinstance(devices, str) or not isinstance(devices, Sequence):
        message = f"devices must be a list such as ['cuda:0'], not {type(devices).__name__}"
        raise TypeError(message)
    if not devices or None in devices:
        message = f"devices must name at least one device, and no None; got {list(devices)!r}"
        raise ValueError(message)
    chosen = [choose_device(device) for device in devices]
    if len({device.type for device in chosen}) > 1:
        message = f"devices must be of one type, not {', '.join(map(str, chosen))}"
        raise ValueError(message)
    # "cuda" is the current device's other name.
    return [
        torch.device("cuda", torch.cuda.current_device())
        if device.type == "cuda" and device.index is None
        else device
        for device in chosen
    ]
