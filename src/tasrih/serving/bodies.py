"""What requests may hold. Every field is checked here, before any work, and no field is a path."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tasrih.api import DEFAULT_MODELS, labels_of
from tasrih.models.summary_settings import STYLES
from tasrih.schemes import SCHEMES

#: Style to the most words that may be asked for, so that a small body asks for little work.
MOST_WORDS = {"headline": 30, "brief": 200}
#: The same where the model writes them: each word takes it longer than the one before.
MOST_WRITTEN = {"headline": 30, "brief": 60}

_LABELS = tuple(label for task in SCHEMES for label in labels_of(task))


def _bundled(name: str) -> str:
    # a folder or a hub id would let a request reach the file system or the network
    if name not in DEFAULT_MODELS.values():
        raise ValueError(f"unknown model: choose from {', '.join(DEFAULT_MODELS.values())}")
    return name


ModelName = Annotated[
    str, AfterValidator(_bundled), Field(json_schema_extra={"enum": [*DEFAULT_MODELS.values()]}, max_length=64)
]


def _known(label: str) -> str:
    if label not in _LABELS:
        raise ValueError(f"unknown label: choose from {', '.join(_LABELS)}")
    return label


LabelName = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": [*_LABELS]}, max_length=64)]


class Problem(BaseModel):
    """Why a request was refused, in a line."""

    detail: str


class Health(BaseModel):
    """That the service answers, and which version it is."""

    status: Literal["ok"]
    version: str


class Texts(BaseModel):
    """One text, answered by one object; or several, answered by a list in their order."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["texts"]}]}
    )

    text: str = Field(None, description="An article, or a sentence.", examples=["رحب الوزير بالاتفاق."])
    texts: list[str] = Field(None, description="Several articles.")

    @model_validator(mode="after")
    def _one_of_both(self):
        if (self.text is None) == (self.texts is None):
            raise ValueError('give either "text" or "texts"')
        return self

    @property
    def all(self) -> list[str]:
        """The texts as a list, one or several."""
        return [self.text] if self.texts is None else self.texts


class TagBody(Texts):
    """Articles to tag."""

    model: ModelName = Field("statement", description="A bundled model.")


class ClassifyBody(Texts):
    """Texts to classify."""

    task: Literal["topic", "stance", "statement"] = "topic"
    target: str | None = Field(None, max_length=1000, description="What the stance is to.")
    model: ModelName | None = Field(None, description="A bundled model; by default the task's.")
    abstain: bool = Field(False, description="Give no label where the model is unsure.")


class ExplainBody(Texts):
    """Texts, and the label to explain."""

    label: LabelName = Field(description="The label, whether a text gets it or not.", examples=["endorsement"])
    task: Literal["topic", "stance", "statement"] | None = Field(None, description="By default the label's.")
    target: str | None = Field(None, max_length=1000, description="What the stance is to.")


class SummariseBody(Texts):
    """Articles to summarise."""

    style: Literal["headline", "brief"] = "headline"
    max_words: int | None = Field(
        None, ge=1, le=max(MOST_WORDS.values()), strict=True,
        description="At most {headline} for a headline and {brief} for a brief; ".format(**MOST_WORDS)
        + "where the model writes them, {headline} and {brief}.".format(**MOST_WRITTEN),
    )  # fmt: skip
    min_words: int = Field(
        1, ge=1, le=max(MOST_WORDS.values()), strict=True, description="The fewest words, as far as the text has them."
    )
    method: Literal["auto", "abstractive", "extractive"] = "auto"
    grounded: bool = Field(True, description="Let the model write words of the text and function words only.")

    @model_validator(mode="after")
    def _in_bounds(self):
        most = STYLES[self.style] if self.max_words is None else self.max_words
        bound = (MOST_WRITTEN if self.method == "abstractive" else MOST_WORDS)[self.style]
        if most > bound:
            kind = f"{self.style} by the method {self.method}"
            raise ValueError(f"max_words {most} is more than {bound}, the most of a {kind}")
        if self.min_words > most:
            raise ValueError(f"min_words {self.min_words} is more than max_words, {most}")
        return self
