"""Write docs/seed_article.png: the page of the seed article, taken apart by the bundled models, its first statements.

    python scripts/picture.py [--output docs/seed_article.png] [--sentences 4]

Needs `pip install 'tasrih[browser]'`, Chromium (`apt install chromium`) and a font with Arabic letters, such as Noto
Naskh Arabic (`apt install fonts-noto-core`).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import tasrih
from tasrih.render.html import page

ROOT = Path(__file__).parent.parent
SEED = ROOT / "seeds" / "nato_wales_summit_2014.txt"

#: Columns of the page, and pixels to each.
WIDTH, SCALE = 860, 1.25

#: A picture has no need of margins, nor of a heading that says what the README does; the panel counts all sentences.
STYLE = "main{padding:1rem 1.25rem} main>p{margin-top:0} h1{display:none} h2{margin:1rem 0 .4rem} .who{display:none}"


def picture(article: str, output: Path, sentences: int) -> None:
    """Take an article apart and photograph the top of its page, in the light scheme.

    Args:
        article: the text.
        output: the PNG file.
        sentences: how many sentences of the text are shown.
    """
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("no chromium here: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_page(
            viewport={"width": WIDTH, "height": 3000}, device_scale_factor=SCALE, color_scheme="light"
        )
        shown.set_content(page(tasrih.read(article)))
        shown.add_style_tag(content=STYLE)
        # what comes after the last sentence, its chips apart, is taken out, so that the panel closes below it
        shown.evaluate(
            """last => {
              document.querySelectorAll('section')[document.querySelectorAll('section').length - 1].remove();
              const article = document.querySelector('.article');
              let node = document.getElementById(`s${last}`);
              while (node.nextSibling?.matches?.('.chip')) node = node.nextSibling;
              while (node.nextSibling) node.nextSibling.remove();
              // chips that stand at no sentence any more have no place in the legend
              const kept = new Set([...article.querySelectorAll('.chip')].map(chip => chip.dataset.label));
              for (const item of document.querySelectorAll('.legend li:has(.chip)'))
                if (!kept.has(item.querySelector('.chip').textContent)) item.remove();
            }""",
            sentences,
        )
        shown.locator("main").screenshot(path=output)
        browser.close()
    print(f"wrote {output}: {output.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "seed_article.png")
    parser.add_argument("--sentences", type=int, default=4)
    options = parser.parse_args()
    picture(SEED.read_text(encoding="utf-8"), options.output, options.sentences)


if __name__ == "__main__":
    main()
