"""What every page has around its content: its head, its language and direction, and its colours, light and dark."""

from __future__ import annotations

from tasrih.render.escaping import escaped


def whole_page(title: str, inner: str, style: str, *, language: str = "ar", script: str = "") -> str:
    """Make a page that needs nothing but itself.

    Args:
        title: its title and heading, a text.
        inner: its HTML below the heading.
        style: its style sheet.
        language: ``"ar"``, from right to left, or ``"en"``.
        script: what it runs at its end.

    Returns:
        The page.

    Example:
        >>> whole_page("خبر", "<p>نص</p>", "").startswith('<!DOCTYPE html>\\n<html lang="ar" dir="rtl">')
        True
    """
    heading, direction = escaped(title), "rtl" if language == "ar" else "ltr"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{heading}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n<h1>{heading}</h1>\n{inner}\n"
        "</main>\n" + (f"<script>{script}</script>\n" if script else "") + "</body>\n</html>\n"
    )


def in_both(light: str, dark: str, rest: str) -> str:
    """Give a style sheet for a light and a dark ground, as the reader's system asks; on paper it is light.

    Args:
        light: rules of the light colours.
        dark: rules of the dark ones.
        rest: all other rules.

    Returns:
        The style sheet.
    """
    return f":root{{color-scheme:light dark}}{light}@media screen and (prefers-color-scheme:dark){{{dark}}}{rest}"
