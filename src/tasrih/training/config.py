"""What a fine-tuning run of a classifier needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from tasrih.data.labelled_source import Source
from tasrih.schemes import SCHEMES
from tasrih.training.options import check_options, check_profile, check_steps


@dataclass(frozen=True)
class ClassifierConfig:
    """What one fine-tuning run needs."""

    task: str
    """``topic``, ``stance`` or ``statement``."""
    base: str
    """What to start from: ``encoder``, ``topic``, ``stance`` or ``statement``, in a recipe the bundled ones; a folder
    of ``tasrih train`` or ``tasrih export``; or a hub id. A head of the same size goes on too."""
    output: str
    """Folder for the model."""
    train: list[Source]
    """Sets to train on."""
    validation: Source | None = None
    """Set that epochs are compared on and thresholds are fitted on; None where ``folds`` take turns instead."""
    label_names: list[str] = field(default_factory=list)
    """Labels of the head where they are not the task's own (such as ArabicFC's four)."""
    profile: str | None = None
    """Normalisation profile; None takes that of the base's family."""
    ngrams: bool = False
    """Add a linear part over word pieces and neighbouring pairs of them, and for stance over what is said of the target
    (``models/ngrams.py``), fitted on the same rows after fine-tuning; how much it weighs is chosen on validation."""
    spans: bool = False
    """Train the token head for speakers and targets beside the tags (``statement`` alone)."""
    max_length: int = 128
    """Tokens of a window, 8 at least."""
    windows_per_text: int = 1
    """Windows of a long text that are trained on."""
    pool_windows: str = "none"
    """How a long text's windows give one answer in training: ``none`` (each window is an example of its own), ``mean``
    of their probabilities, or ``max`` of their logits, where one window may hold the evidence. Reading pools alike."""
    epochs: float = 4
    """Passes over the training rows; 0 leaves the base's weights as they are, to fit what stands beside them anew."""
    batch_size: int = 32
    """Windows a step, over all processes (texts, where their windows are pooled)."""
    accumulate: int = 1
    """Parts that a step is computed in, for a small memory."""
    learning_rate: float = 3e-4
    """Peak learning rate."""
    schedule: str = "cosine"
    """``linear`` or ``cosine`` fall of the learning rate, or ``constant_with_warmup``."""
    layer_decay: float = 1.0
    """What a block's learning rate is of the one's above it (Howard and Ruder 2018; 1 keeps them alike)."""
    warmup: float = 0.06
    """Share of the steps until the peak."""
    weight_decay: float = 0.01
    """Of the matrices."""
    dropout: float = 0.1
    """Of the heads and the blocks' outputs."""
    joined: float = 0.0
    """Share of training texts that are seen joined to another one, the tags of both together: news sentences hold
    several acts, and a pooled state must show each."""
    spelling: float = 0.0
    """Share of training texts that are seen in another spelling, one that the profile does not fold: ta marbuta as ha,
    hamza seats or punctuation dropped, other quotes, a scanner's noise (``VARIANTS`` in ``text/spellings.py``)."""
    freeze_embeddings: bool = False
    """Leave the token embeddings as pretraining left them, so that words unseen here stay beside those seen."""
    token_dropout: float = 0.0
    """Share of tokens that are hidden by ``[MASK]`` in training."""
    label_smoothing: float = 0.0
    """Of single-label targets."""
    class_balance: float = 0.0
    """Weigh a class by its frequency to minus this power: 0 leaves the loss alone, 1 gives all classes the same say."""
    focal_gamma: float = 0.0
    """Focal loss (Lin et al. 2017): how much less texts count that are already right; 0 is cross-entropy."""
    span_weight: float = 2.0
    """Weight of the token loss beside the tag loss."""
    pooling: str = "mean"
    """``mean`` or ``cls`` (for encoders that offer both)."""
    metric: str = "macro_f1"
    """What the best epoch is chosen by: ``macro_f1`` or ``accuracy``; of several labels ``average_precision``,
    which no threshold moves, ``micro_f1`` or ``macro_f1``."""
    patience: int = 0
    """Evaluations without a better score after which training stops; 0 goes on to the end."""
    evaluate_steps: int = 0
    """Steps between evaluations and checkpoints; 0 does both after each epoch."""
    log_steps: int = 50
    """Steps between two lines of the log, ``train_log.json``."""
    bf16: bool = True
    """Compute in bfloat16 where the device has instructions for it."""
    seed: int = 1
    """Of the head's weights, the order and dropout."""
    seeds: list[int] = field(default_factory=list)
    """Several seeds instead, one run each: their mean and deviation are told, the best on validation is kept."""
    soup: bool = False
    """Keep the mean of the seeds' weights (Wortsman et al. 2022) instead; their heads then start alike. With ``folds``,
    each fold has a soup of its own."""
    blend: float = 1.0
    """Share of the fine-tuned weights in what is kept, the base's being the rest (Wortsman et al. 2022, WiSE-FT): for a
    second stage on a base that already does the task. 1 keeps the fine-tuned weights alone."""
    folds: int = 0
    """Folds of a cross-validation: each run leaves one fold unread and chooses its epoch on the next one. The scores on
    unread folds are told, and their logits fit temperature and thresholds. 0 leaves it out."""
    abstain_precision: float = 0.9
    """Share of right answers from which a model that may abstain gives one: the confidence that it then needs is fitted
    on the validation rows or unread folds, and stored with this share."""
    resume: bool = False
    """Go on from the last checkpoint of a run that was killed."""

    def __post_init__(self) -> None:
        if self.task not in SCHEMES:
            raise ValueError(f"task must be one of {', '.join(SCHEMES)}, not {self.task!r}")
        if self.spans and self.task != "statement":
            raise ValueError(f"spans belong to the task statement, not to {self.task!r}")
        allowed = ("average_precision", "micro_f1", "macro_f1") if self.multi_label else ("accuracy", "macro_f1")
        if self.metric not in allowed:
            raise ValueError(f"metric must be one of {', '.join(allowed)} for {self.task}, not {self.metric!r}")
        check_options(
            self,
            choices={
                "pooling": ("mean", "cls"), "pool_windows": ("none", "mean", "max"),
                "schedule": ("linear", "cosine", "constant_with_warmup"),
            },
            positive=(
                "batch_size", "accumulate", "learning_rate", "windows_per_text", "log_steps",
            ),
            not_negative=(
                "epochs", "class_balance", "focal_gamma", "span_weight", "patience", "evaluate_steps", "weight_decay",
            ),
            shares=("joined", "spelling", "dropout", "token_dropout", "label_smoothing", "warmup"),
        )  # fmt: skip
        check_steps(self.batch_size, self.accumulate, self.seeds)
        check_profile(self.profile)
        if self.max_length < 8:
            raise ValueError(f"max_length must be 8 at least, not {self.max_length}: give a window room for some words")
        for name in ("layer_decay", "blend", "abstain_precision"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie above 0 and at 1 at most, not {getattr(self, name)}")
        if not self.train:
            raise ValueError("train must name at least one set")
        self._check_runs()
        if self.multi_label and self.label_smoothing:
            raise ValueError(f"label_smoothing is for one label a text; {self.task} has several")
        if self.pool_windows == "mean" and self.multi_label:
            raise ValueError(f"pool_windows mean is for one label a text; {self.task} has several: take max")
        if self.pool_windows != "none" and self.spans:
            raise ValueError("pool_windows and spans exclude each other: spans are read in single sentences")
        if self.ngrams and self.pool_windows != "none":
            raise ValueError("ngrams are read in single windows: they and pool_windows exclude each other")
        if self.joined and not self.multi_label:
            raise ValueError(f"joined is for several labels a text; {self.task} has one")
        if self.label_names and (self.task == "statement" or len(set(self.label_names)) < 2):
            raise ValueError(f"label_names must be two or more, of one label a text: {self.label_names}")

    def _check_runs(self) -> None:
        if self.folds in (1, 2) or self.folds < 0:
            raise ValueError(f"folds must be 3 at least (one unread, one to choose on), or 0, not {self.folds}")
        if self.validation is None and not self.folds:
            raise ValueError("validation must name a set, unless folds take turns")
        if self.folds and not any(source.folded for source in self.train):
            raise ValueError("folds need a set in train that is folded")
        for source in (*self.train, *([self.validation] if self.validation else ())):
            if source.fold and not self.folds:
                raise ValueError(
                    f"fold {source.fold!r} of {source.name} takes no turns: give folds their number, or leave fold out"
                )
        if self.soup and len(self.seeds) < 2:
            raise ValueError(f"soup is the mean of several runs: give seeds two numbers at least, not {self.seeds}")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the head, in order; ``conditional`` stands last among the statement tags."""
        if self.label_names:
            return tuple(self.label_names)
        names = SCHEMES[self.task].names
        return (*names, "conditional") if self.task == "statement" else names

    @property
    def multi_label(self) -> bool:
        """Whether a text may have several labels."""
        return SCHEMES[self.task].multi_label
