"""What the page shows: articles drawn by ``render``, its own files, and the English of what is Arabic by itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tasrih.render.colours import HUES
from tasrih.render.explanation import GRADES, explanation_fragment, look
from tasrih.render.html import page, sections, style
from tasrih.results import Document, Explanation
from tasrih.schemes import SCHEMES

_HERE = Path(__file__).parent

# Within tags only: in text and in attributes' values a quotation mark is escaped.
_HUE, _STYLE = re.compile(r' style="--h:(\d+)"'), re.compile(r' style="[^"]*"')

#: English of the phrases that ``render`` writes, labels apart.
PHRASES = {
    "الملخص": "Summary", "النص": "Text", "الجمل": "Sentences", "الجملة": "Sentence", "الوسوم": "Acts",
    "المتكلم": "Speaker", "المواقف": "Stances", "مشروط": "conditional",
    "الفعل معلّق على شرط": "the act hangs on a condition",
    "الموضوع": "Topic", "توليدي": "abstractive", "استخراجي": "extractive", "النص نفسه": "the text itself",
    "سنده في النص": "supported by the text", "سلامة صياغته": "holds together",
    "من جملة سابقة": "from an earlier sentence",
    "يؤيّد الوسم": "for the label", "يعارضه": "against it",
    "كم ينقص احتمال الوسم إذا حُجبت الكلمة": "how much the label's probability falls where the word is hidden",
    "نصيب الكلمة من احتمال الوسم، بالتدرّجات المتكاملة": "the word's share of the label's probability, by integrated "
    "gradients",
    "من يقول ماذا لمن": "Who says what to whom", "غير مذكور": "not named", "البقية": "the rest",
    "تجاه من": "Towards", "الأفعال": "Acts",
    "لا جواب": "no answer", "لا جمل في هذا النص": "no sentences in this text", "بلا وسم": "no tag",
}  # fmt: skip


def english() -> dict[str, str]:
    """Give the English of every label and phrase that stands in a drawn article."""
    labels = {label.arabic: label.name.replace("_", " ") for s in SCHEMES.values() for label in s.labels}
    return {**labels, **PHRASES}


def draw(document: Document) -> dict[str, Any]:
    """Draw a document for the page.

    The page's policy lets no inline style in: the hue of a tag becomes an attribute, which ``style_sheet`` reads.

    Args:
        document: the article taken apart.

    Returns:
        ``document``: its plain form; ``body``: its HTML for the page; ``page``: a page of its own, to be kept.
    """
    body = _STYLE.sub("", _HUE.sub(r' data-h="\1"', sections(document)))
    return {"document": document.to_dict(), "body": body, "page": page(document)}


def draw_explanation(explanation: Explanation) -> dict[str, Any]:
    """Draw an explanation for the page, whose style sheet knows the grades of the words.

    Args:
        explanation: of one sentence.

    Returns:
        ``explanation``: its plain form; ``body``: its HTML for the page.
    """
    return {"explanation": explanation.to_dict(), "body": _STYLE.sub("", explanation_fragment(explanation))}


def style_sheet() -> str:
    """Give the style of the page: the drawn article's, and what stands around it."""
    hues = "".join(f'.tag[data-h="{hue}"]{{--h:{hue}}}' for hue in HUES.values())
    sizes = [size for size in range(-GRADES, GRADES + 1) if size]
    grades = "".join(f'.word[data-grade="{size}"]{{{look(size)}}}' for size in sizes)
    return style() + hues + grades + own_file("page.css")


def own_file(name: str) -> str:
    """Read a file of the page; ``name`` is the program's, never a request's."""
    return (_HERE / name).read_text(encoding="utf-8")
