"""Text from anywhere made fit to stand in HTML."""

from __future__ import annotations

import html
import re

# Browsers take neither, and a lone surrogate cannot be encoded; one character each, so that offsets hold.
_UNFIT = re.compile("[\x00\ud800-\udfff]")


def escaped(value: object) -> str:
    """Escape a text for an element or a quoted attribute.

    Args:
        value: any text, or what ``str`` makes of it.

    Returns:
        HTML that shows the text, character by character, and opens no element.

    Example:
        >>> escaped('<b> "نعم"')
        '&lt;b&gt; &quot;نعم&quot;'
    """
    # a browser would read a bare carriage return as a line feed
    return html.escape(_UNFIT.sub("\ufffd", str(value)), quote=True).replace("\r", "&#13;")
