"""``Classifier``: texts in, calibrated predictions out, whatever engine computes them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from tasrih.errors import MissingExtraError, ModelError, named
from tasrih.models.auto_tokenizer import longest_window, open_auto_tokenizer
from tasrih.models.batching import TOKEN_BUDGET, BatchSize, compute
from tasrih.models.deadline import watched
from tasrih.models.encoding import TargetTooLongError, TextEncoder, TokenWindow, panics_as_errors
from tasrih.models.engines import Engine, EngineChoice, open_checkpoint, open_graph
from tasrih.models.files import is_exported, locate, open_folder, read_config
from tasrih.models.safety import MOST_POSITIONS, check_graph, check_transformers_folder
from tasrih.models.spans import softmax
from tasrih.models.speaker_spans import SPEAKER_BY
from tasrih.models.stored import read_settings
from tasrih.results import Prediction, Window
from tasrih.schemes import SCHEMES
from tasrih.text.language import unreadable
from tasrih.text.normalise import steps_of

#: The most words of the text that is tokenised when a model is opened.
_LONG = 4096


@dataclass(frozen=True)
class ClassifierSettings:
    """What a classifier needs beside its weights; stored in its ``config.json``."""

    task: str
    """``topic``, ``stance``, ``statement``, or another scheme's name."""
    labels: tuple[str, ...]
    """Labels in the order of the head."""
    multi_label: bool = False
    """Whether a text may have several labels."""
    profile: str = "lossless"
    """Normalisation profile that the model reads."""
    max_length: int = 128
    """Tokens of a window."""
    temperature: float = 1.0
    """Divides the logits (Guo et al. 2017)."""
    temperatures: dict[str, float] = field(default_factory=dict)
    """For several labels a text, what divides each label's logits instead."""
    thresholds: dict[str, float] = field(default_factory=dict)
    """Probability from which a label is given (multi-label)."""
    sure_from: dict[str, float] = field(default_factory=dict)
    """With ``abstain=True``, a label of several is given from this probability only."""
    lead_weight: float = 0.0
    """How much more an article's first window weighs than each later one: ``1 + lead_weight`` to 1 a token."""
    window_pool: str = "mean"
    """How the windows of a text give its one label: ``mean`` of their probabilities, or ``max`` of their logits, where
    one window may hold the evidence; as it was trained."""
    abstain_below: float = 0.0
    """With ``abstain=True``, no label is given under this probability."""
    abstain_precision: float = 0.9
    """Share of right answers that ``abstain_below`` and ``sure_from`` were fitted to reach."""
    span_bias: float = 0.0
    """Added to the token head's log-probability of speaker and target."""
    target_from: float = 0.0
    """Probability from which a target is given."""
    speaker_by: str = "rules"
    """Whether ``rules``, the token head's ``spans`` or ``both`` name a statement's speaker; chosen on validation."""

    def __post_init__(self) -> None:
        if not self.labels or len(set(self.labels)) < len(self.labels):
            raise ValueError("a label is listed twice" if self.labels else "labels must name one label at least")
        if not 8 <= self.max_length <= MOST_POSITIONS:
            raise ValueError(f"max_length must lie between 8 and {MOST_POSITIONS:,}, not {self.max_length!r}")
        for value in (self.temperature, *self.temperatures.values()):
            if not 1e-6 <= value <= 1e6:  # what lies beyond leaves no number of a logit
                raise ValueError(f"temperature must lie between 1e-6 and 1e6, not {value!r}")
        if not self.lead_weight >= 0:
            raise ValueError(f"lead_weight must not be negative, not {self.lead_weight!r}")
        if not 0 < self.abstain_precision <= 1:
            raise ValueError(f"abstain_precision must lie above 0 and at 1 at most, not {self.abstain_precision!r}")
        for name, choices in (("window_pool", ("mean", "max")), ("speaker_by", SPEAKER_BY)):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be {' or '.join(choices)}, not {getattr(self, name)!r}")
        steps_of(self.profile)

    @cached_property
    def _divisors(self) -> np.ndarray:
        """What divides the logits, of shape (labels,): each label's own temperature, or the common one."""
        divisors = np.array([self.temperatures.get(label, self.temperature) for label in self.labels])
        divisors.flags.writeable = False
        return divisors


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's windows and what the model computed for each."""

    windows: list[TokenWindow]
    logits: np.ndarray
    span_logits: list[np.ndarray] | None


class Classifier:
    """A model that gives each text one label, or several.

    Example:
        >>> Classifier.from_pretrained("topic").predict(["فاز المنتخب في المباراة"])[0].label
        'sport'
    """

    def __init__(self, engine: Engine, encoder: TextEncoder, settings: ClassifierSettings) -> None:
        """Put a classifier together.

        Args:
            engine: computes ``logits`` (and ``span_logits``) from a padded batch.
            encoder: tokenises by the model's profile.
            settings: labels, thresholds and temperature.
        """
        self.settings = settings
        self._engine = engine
        self._encoder = encoder

    @classmethod
    def from_pretrained(cls, name: str | Path, *, device: str | None = None, engine: str | None = None) -> Classifier:
        """Open a bundled model, a folder or a hub id.

        Args:
            name: such as ``"topic"``, ``"runs/my-model"`` or ``"owner/model"``.
            device: where a torch model runs; bundled models run on the CPU.
            engine: ``"onnx"``, ``"openvino"`` (or ``"openvino:bf16"``, ``:int8``, ``:fp32``), ``"torch"`` (or
                ``"torch:bf16"``, ``:compiled``); ``"auto"`` takes the fastest that is installed and has instructions on
                this machine, and is logged (INFO, to the logger ``tasrih``). None takes ``onnx`` for a model in our own
                layout and ``torch`` for a transformers folder.

        Returns:
            The classifier; its ``engine`` says what computes.

        Raises:
            ModelError: if there is no such model, or it is damaged, or no classifier, or not one for that engine.
            MissingExtraError: if what the engine needs is not installed.
            ValueError: if the engine is unknown.
        """
        choice = EngineChoice.parse(engine)
        place = locate(name)
        if isinstance(place, Path) and is_exported(place):
            folder = open_folder(place)
            if folder["kind"] != "classifier":
                raise ModelError(f"{place} is a {str(folder['kind'])[:20]!r}, not a classifier")
            settings = read_settings(ClassifierSettings, folder["settings"], place / "config.json")
            encoder = TextEncoder.from_file(
                folder.file("tokenizer.json"), profile=settings.profile, max_length=settings.max_length
            )
            graph = folder.file("model.onnx")
            check_graph(graph)
            return cls(open_graph(graph, choice), encoder, settings)._checked(place)
        if isinstance(place, Path):
            check_transformers_folder(place, read_config(place))
        return cls._from_transformers(place, device, choice)

    @classmethod
    def _from_transformers(cls, place: Path | str, device: str | None, choice: EngineChoice | None) -> Classifier:
        try:
            engine = open_checkpoint(place, choice, device=device)
            config = engine.config
            labels = tuple(config.id2label[index] for index in range(config.num_labels))
        except (ModelError, MissingExtraError):
            raise
        except Exception as error:  # a config with values of other kinds makes transformers fail anywhere
            raise ModelError(f"{place} has a config that cannot be read ({named(error)})") from None
        stored = getattr(config, "tasrih", None) or {}
        if not isinstance(stored, dict):
            raise ModelError(f"{place}: tasrih in its config must be an object, not {type(stored).__name__}")
        try:
            with panics_as_errors():
                tokenizer = open_auto_tokenizer(place)
            longest = min(512, longest_window(config, tokenizer))
            settings = read_settings(
                ClassifierSettings,
                {"task": _task_of(labels), "multi_label": config.problem_type == "multi_label_classification",
                 "max_length": longest, **stored, "labels": labels},
                place,
            )  # fmt: skip
            encoder = TextEncoder(
                tokenizer.backend_tokenizer, profile=settings.profile, max_length=settings.max_length,
                pad_id=tokenizer.pad_token_id,
            )  # fmt: skip
        except (ModelError, MissingExtraError):
            raise
        except Exception as error:  # a stranger's tokenizer can fail in any way, or not fit the settings
            raise ModelError(f"{place} has a tokenizer that cannot be read ({named(error)})") from None
        return cls(engine, encoder, settings)._checked(place)

    def _checked(self, place: Path | str) -> Classifier:
        """Read a text, so that what fails or does not fit its labels is found before any use."""
        paired = ["نص"] if self.task == "stance" else None
        try:
            # longer than a window; it is not computed, which can take longer than to open the model
            self._encoder.windows(["نص " * min(self.settings.max_length, _LONG)], paired)
            logits = self.read(["نص"], paired)[0].logits
        except ModelError as error:
            raise ModelError(f"{place}: {error}") from None
        except Exception as error:  # a stranger's graph or tokenizer can fail in any way
            raise ModelError(f"{place} cannot read a text ({named(error)}): get the model again") from None
        if logits.shape[1] != len(self.settings.labels):
            raise ModelError(
                f"{place} lists {len(self.settings.labels)} labels; its head gives {logits.shape[1]} scores: "
                "get the model again"
            )
        return self

    @property
    def temperatures(self) -> np.ndarray:
        """What divides the logits, of shape (labels,)."""
        return self.settings._divisors

    @property
    def task(self) -> str:
        """The task that its labels belong to."""
        return self.settings.task

    @property
    def engine(self) -> str:
        """What computes it, such as ``onnx fp32`` or ``openvino int8``."""
        return getattr(self._engine, "name", type(self._engine).__name__)

    @property
    def backend(self) -> Engine:
        """The engine itself."""
        return self._engine

    @property
    def encoder(self) -> TextEncoder:
        """What tokenises its texts."""
        return self._encoder

    @property
    def streams(self) -> int:
        """How many batches its engine computes at once."""
        return getattr(self._engine, "streams", 1)

    @property
    def look_ahead(self) -> int:
        """How many texts fill its engine's batches, sorted by length, well."""
        return getattr(self._engine, "budget", TOKEN_BUDGET) // 2

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that a prediction's ``scores`` holds."""
        return tuple(label for label in self.settings.labels if label != "conditional")

    def read(
        self, texts: Sequence[str], targets: Sequence[str] | None = None, *, batch_size: BatchSize = "auto",
        pool: Executor | None = None,
    ) -> list[Reading]:  # fmt: skip
        """Compute the logits of every window of every text.

        Args:
            texts: any strings.
            targets: for stance, the target of each.
            batch_size: the most windows a pass, or ``"auto"``.
            pool: threads that take the batches; None makes them for the call.

        Returns:
            One reading a text.

        Raises:
            TargetTooLongError: if a target fills over half of a window.
            ModelError: if a score is no number, the weights being damaged.
        """
        split = self._encoder.windows(texts, targets)
        flat = [window for windows in split for window in windows]
        if not flat:
            return []
        logits, spans = compute(watched(self._engine), self._encoder, flat, batch_size=batch_size, pool=pool)
        # a damaged row of the embeddings shows with the texts that have its token, not before
        if not all(np.isfinite(part).all() for part in (logits, *(spans or ()))):
            raise ModelError("the weights hold values that are no numbers (NaN): get the model again")
        readings, first = [], 0
        for windows in split:
            last = first + len(windows)
            readings.append(Reading(windows, logits[first:last], spans and spans[first:last]))
            first = last
        return readings

    def probabilities(self, reading: Reading) -> tuple[np.ndarray, np.ndarray]:
        """Give a reading's calibrated probabilities, windows pooled.

        A label of several stands if any window shows it (maximum); one label of many is the mean over the
        windows, weighted by the tokens that each adds, the first by ``1 + lead_weight`` of that; or, where the model
        was trained so, what the maximum of the windows' logits gives (``window_pool``).

        Args:
            reading: as ``read`` gives it.

        Returns:
            ``(pooled, each)`` of shapes (labels,) and (windows, labels).
        """
        scaled = reading.logits.astype(np.float64) / self.temperatures
        if self.settings.multi_label:
            each = 1 / (1 + np.exp(-scaled))
            return each.max(0), each
        each = softmax(scaled)
        if self.settings.window_pool == "max":
            return softmax(scaled.max(0)), each
        return self.weights(reading.windows) @ each, each

    def weights(self, windows: Sequence[TokenWindow]) -> np.ndarray:
        """Say how much each window of a text weighs where their probabilities are averaged; the sum is 1."""
        weights = np.array([max(window.fresh, 1) for window in windows], dtype=float)
        weights[0] *= 1 + self.settings.lead_weight
        return weights / weights.sum()

    def predict(
        self, texts: Sequence[str], targets: Sequence[str] | None = None, *, abstain: bool = False,
        batch_size: BatchSize = "auto", pool: Executor | None = None,
    ) -> list[Prediction]:  # fmt: skip
        """Classify texts.

        Args:
            texts: any strings; where there is no Arabic to read, the prediction abstains and says why.
            targets: for stance, the target of each.
            abstain: give no label under the model's stated confidence.
            batch_size: the most windows a pass, or ``"auto"``.
            pool: threads that take the batches; None makes them for the call.

        Returns:
            One prediction a text, in order.
        """
        reasons = [unreadable(text) for text in texts]
        if targets is not None:
            reasons = [
                reason or (None if target.strip() else "empty target: say what the stance is to")
                for reason, target in zip(reasons, targets, strict=True)
            ]
        wanted = [index for index, reason in enumerate(reasons) if reason is None]
        chosen = [targets[index] for index in wanted] if targets is not None else None
        try:
            readings = self.read([texts[index] for index in wanted], chosen, batch_size=batch_size, pool=pool)
        except TargetTooLongError:
            readings = self._read_singly(texts, targets, wanted, reasons)
        found = iter(readings)
        return [
            self.prediction(next(found), abstain=abstain) if reason is None else self._nothing(reason)
            for reason in reasons
        ]

    def _read_singly(self, texts, targets, wanted, reasons) -> list[Reading]:
        """Read one by one, a reason noted for each text whose target is too long."""
        readings = []
        for index in wanted:
            try:
                readings += self.read([texts[index]], [targets[index]])
            except TargetTooLongError as error:
                reasons[index] = f"target too long: {error}"
        return readings

    def _nothing(self, reason: str) -> Prediction:
        conditional = False if "conditional" in self.settings.labels else None
        return Prediction(None, 0.0, dict.fromkeys(self.labels, 0.0), (), conditional, abstained=True, reason=reason)

    def prediction(self, reading: Reading, *, abstain: bool = False) -> Prediction:
        """Turn a reading into a prediction.

        Args:
            reading: as ``read`` gives it.
            abstain: give no label under the model's stated confidence.

        Returns:
            The prediction.
        """
        names = self.settings.labels
        pooled, each = self.probabilities(reading)
        scores = {name: float(value) for name, value in zip(names, pooled, strict=True)}
        windows = ()
        if len(reading.windows) > 1:
            windows = tuple(
                Window(window.start, window.end, dict(zip(names, row.tolist(), strict=True)))
                for window, row in zip(reading.windows, each, strict=True)
            )
        conditional = scores.pop("conditional", None)
        best = max(scores, key=scores.__getitem__)
        if self.settings.multi_label:
            passed = [name for name, value in scores.items() if value >= self.threshold(name)]
            if abstain and passed:
                sure = [name for name in passed if scores[name] >= self.settings.sure_from.get(name, 0.0)]
                if not sure:
                    reason = f"unsure: {', '.join(passed)} came near, none with the probability that is asked for"
                    conditional = None if conditional is None else False
                    return Prediction(None, scores[best], scores, (), conditional, True, reason, windows)
                passed = sure
            labels = tuple(sorted(passed, key=scores.__getitem__, reverse=True))
            if conditional is not None:
                # the attribute belongs to an act: never on a text without a tag
                conditional = bool(labels) and conditional >= self.threshold("conditional")
            label = labels[0] if labels else None
            return Prediction(label, scores[label or best], scores, labels, conditional, windows=windows)
        floor = self.settings.abstain_below
        if abstain and scores[best] < floor:
            reason = f"unsure: the best label, {best}, has probability {scores[best]:.2f}, under {floor:.2f}"
            return Prediction(None, scores[best], scores, (), None, True, reason, windows)
        return Prediction(best, scores[best], scores, (best,), None, windows=windows)

    def threshold(self, label: str) -> float:
        """Give the probability from which a label is given (multi-label models)."""
        return self.settings.thresholds.get(label, 0.5)


def _task_of(labels: tuple[str, ...]) -> str:
    """Name the scheme whose labels these are, or ``custom``."""
    for name, scheme in SCHEMES.items():
        if set(labels) - {"conditional"} <= set(scheme.names):
            return name
    return "custom"
