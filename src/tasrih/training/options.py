"""Checks that the settings of several kinds of run share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasrih.text.normalise import PROFILES


def check_options(
    settings: object, *, choices: Mapping[str, Sequence[str]] | None = None, positive: Sequence[str] = (),
    not_negative: Sequence[str] = (), shares: Sequence[str] = (),
) -> None:  # fmt: skip
    """Refuse values that no run could use.

    Args:
        settings: a dataclass of settings.
        choices: what an option may be, by its name.
        positive: options above 0.
        not_negative: options from 0.
        shares: options from 0 to under 1.

    Raises:
        ValueError: if an option is none of these; the message names it.
    """
    for name, allowed in (choices or {}).items():
        if getattr(settings, name) not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {getattr(settings, name)!r}")
    for names, holds, told in (
        (positive, lambda value: value > 0, "be positive"),
        (not_negative, lambda value: value >= 0, "not be negative"),
        (shares, lambda value: 0 <= value < 1, "lie between 0 and 1"),
    ):
        for name in names:
            if not holds(getattr(settings, name)):
                raise ValueError(f"{name} must {told}, not {getattr(settings, name)}")


def check_steps(batch_size: int, accumulate: int, seeds: Sequence[int]) -> None:
    """Refuse a step that cannot be parted evenly, and a seed that is named twice."""
    if batch_size % accumulate:
        raise ValueError(f"batch_size {batch_size} is no multiple of accumulate {accumulate}")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must differ: {seeds}")


def check_profile(profile: str | None) -> None:
    """Refuse a normalisation profile that there is not; None stands for the base's own."""
    if profile is not None and profile not in PROFILES:
        raise ValueError(f"profile must be one of {', '.join(PROFILES)}, or null for the base's own, not {profile!r}")
