"""tasrih reads Arabic news: its topic, what its statements do, where they stand, and what it comes down to.

>>> import tasrih
>>> tasrih.tag("رحب الوزير بالاتفاق.").statements[0].tags
('endorsement',)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasrih.api import classify, explain, read, summarise, summarize, tag
    from tasrih.models.classifier import Classifier
    from tasrih.models.load import load
    from tasrih.models.summariser import Summariser
    from tasrih.results import Document, Explanation, Prediction, Statement, Summary
    from tasrih.text.normalise import normalise
    from tasrih.text.sentences import sentences

__version__ = "0.1.0"

# PEP 562: a name's module is imported when the name is first used, so that `import tasrih` is quick
_HOMES = {
    "classify": "tasrih.api", "explain": "tasrih.api", "tag": "tasrih.api", "read": "tasrih.api",
    "summarise": "tasrih.api", "summarize": "tasrih.api", "load": "tasrih.models.load",
    "Classifier": "tasrih.models.classifier", "Summariser": "tasrih.models.summariser",
    "Document": "tasrih.results", "Explanation": "tasrih.results", "Prediction": "tasrih.results",
    "Statement": "tasrih.results", "Summary": "tasrih.results",
    "normalise": "tasrih.text.normalise", "sentences": "tasrih.text.sentences",
}  # fmt: skip

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'tasrih' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
