"""``Summariser``: a headline or a brief whose every word stands in the article."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, islice
from pathlib import Path

import numpy as np

from tasrih.errors import MissingExtraError, ModelError, named
from tasrih.models.auto_tokenizer import open_auto_tokenizer, positions_of
from tasrih.models.decoding import Hypothesis, Search, WordTrie, beam_search, search_together
from tasrih.models.encoding import open_tokenizer, panics_as_errors, without_surrogates
from tasrih.models.engines import on_gpu
from tasrih.models.engines.decoders import Decoder, onnx_decoder, torch_decoder
from tasrih.models.extractive import balanced, choose_sentences
from tasrih.models.extractive_summary import extract
from tasrih.models.files import is_exported, locate, open_folder, read_config
from tasrih.models.safety import MOST_POSITIONS, check_transformers_folder
from tasrih.models.source_spelling import SourceSpelling
from tasrih.models.stored import read_settings
from tasrih.models.summary_settings import STYLES, Asked, SummariserSettings, check_summary, stored_settings
from tasrih.results import Span, Summary
from tasrih.text.language import unreadable
from tasrih.text.normalise import normalise
from tasrih.text.sentences import Sentence, sentences
from tasrih.text.words import FUNCTION_WORDS, SourceWords, is_function_word, matter, support, without_clitics, words

#: No text model has more pieces; a larger id only asks for memory.
MOST_PIECES = 1_000_000

#: Words under which a text is its own summary.
SHORTEST = 8

_BEFORE_MARK = re.compile(r"(?<=[^\W\d]|[)\"»]) (?=[:.،؛!؟?](?: |$))")
_QUOTED = re.compile(r"([\"«(]) ([^\"«»()]+) ([\"»)])")

# of a text that is too long for the encoder, its beginning takes this share of the room
_LEAD_SHARE = 0.75


class Summariser:
    """A seq2seq summariser with grounded decoding, and the extractive one it falls back on.

    Example:
        >>> Summariser.from_pretrained("summary").summarise("نص قصير جدا.").method
        'source'
    """

    def __init__(
        self, decoder: Decoder, tokenizer, settings: SummariserSettings, *, marks: int = 1, longest: int | None = None,
        together: int = 1,
    ) -> None:  # fmt: skip
        """Put a summariser together.

        Args:
            decoder: reads articles and gives the scores of next tokens.
            tokenizer: a ``tokenizers.Tokenizer`` whose word-initial pieces begin with ``▁`` or ``Ġ``
                (byte-level), or whose continuations begin with ``##``.
            settings: as stored with the model.
            marks: special tokens that ``decoder`` puts round a text, the end mark among them.
            longest: the most pieces that can be written; None sets no bound.
            together: articles that are read and written at once where nobody says how many.

        Raises:
            ValueError: if an id of a piece asks for too much memory.
        """
        self.settings, self.together = settings, together
        self._room, self._longest = max(settings.max_source - marks, 1), longest
        self._decoder = decoder
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.no_truncation()
        vocabulary = tokenizer.get_vocab()
        continued = any(piece.startswith("##") for piece in vocabulary)
        # pieces of bytes are read as what they decode to, and words are cut with the space before them
        self._byte_level = not continued and not any("▁" in piece for piece in vocabulary) and "Ġ" in vocabulary
        self._size = max(vocabulary.values()) + 1
        if self._size > MOST_PIECES:
            raise ValueError(f"a piece of the tokenizer has the id {self._size - 1:,}, beyond {MOST_PIECES:,}")
        self._starts = np.zeros(self._size, dtype=bool)
        self._specials = {index for index, token in tokenizer.get_added_tokens_decoder().items() if token.special}
        free = set()
        for piece, index in vocabulary.items():
            bare = piece.lstrip("▁").removeprefix("##")
            self._starts[index] = not piece.startswith("##") if continued else piece.startswith(("▁", "Ġ"))
            if self._byte_level:
                bare = tokenizer.decode([index]).strip()
                if "\ufffd" in bare:
                    continue  # a part of a letter
            if index in self._specials:
                continue
            if (piece.startswith("<") and piece.endswith(">")) or (
                piece.startswith("[") and piece.endswith("]") and len(piece) > 2
            ):
                self._specials.add(index)
            elif bare and all(unicodedata.category(char)[0] in "PS" for char in bare):  # a vowel mark is a word's
                free.add(index)
        self._free = frozenset(free)
        self._starts[list(free)] = False
        # letters that are read alike are written alike
        self._folds = self._clean("أى") != "أى"
        self._function_words = [self._pieces(self._clean(word)) for word in sorted(FUNCTION_WORDS)]

    @classmethod
    def from_pretrained(
        cls, name: str | Path, *, device: str | None = None, styles: Sequence[str] | None = None
    ) -> Summariser:
        """Open a bundled model, a folder or a hub id.

        How it searches (beams, length penalty, what may be repeated) is what its config states under ``tasrih``, else
        what its generation config does, else what ``SummariserSettings`` says.

        Args:
            name: such as ``"summary"``, ``"runs/my-model"`` or ``"owner/model"``.
            device: where a torch model runs; bundled models run on the CPU.
            styles: what the model writes, such as ``("brief",)`` for one of the hub that was trained on XL-Sum's
                summaries; None takes what is stored with it, headlines where nothing is. In other styles sentences of
                the text are given.

        Returns:
            The summariser.

        Raises:
            MissingExtraError: if it is a transformers model, and what opens it is not installed.
            ModelError: if there is no such model, or it is damaged, or no summariser.
            ValueError: if a style is unknown.

        Example:
            >>> Summariser.from_pretrained("summary", styles=["brief"]).settings.styles
            ('brief',)
        """
        if isinstance(styles, str):
            raise ValueError(f"styles must be a list of names, not {styles!r}: give [{styles!r}]")
        made = cls._opened(name, device)
        if styles is not None:
            made.settings = replace(made.settings, styles=tuple(styles))
        return made

    @classmethod
    def _opened(cls, name: str | Path, device: str | None) -> Summariser:
        place = locate(name)
        if isinstance(place, Path) and is_exported(place):
            folder = open_folder(place)
            if folder["kind"] != "summariser":
                raise ModelError(f"{place} is a {str(folder['kind'])[:20]!r}, not a summariser")
            settings = read_settings(SummariserSettings, folder["settings"], place / "config.json")
            decoder = onnx_decoder(
                folder, start=settings.start_id, end=settings.end_id, read_first=settings.read_first,
                written_first=settings.written_first,
            )  # fmt: skip
            tokenizer = open_tokenizer(folder.file("tokenizer.json"))
            try:
                # parts that do not fit each other are found before any use, such as a piece without a row
                decoder([[max(tokenizer.get_vocab().values()), settings.end_id]])([0], [()])
                marks = 1 if settings.read_first is None else 2
                with panics_as_errors():
                    return cls(decoder, tokenizer, settings, marks=marks, longest=settings.max_target)
            except Exception as error:  # a stranger's graph or tokenizer can fail in any way
                raise ModelError(f"{place} cannot write ({named(error)}): get the model again") from None
        if isinstance(place, Path):
            check_transformers_folder(place, read_config(place))
        try:
            with panics_as_errors():
                return cls._from_transformers(place, device)
        except (ModelError, MissingExtraError):
            raise
        except Exception as error:  # a stranger's tokenizer can fail in any way
            raise ModelError(f"{place} cannot write ({named(error)}): get the model again") from None

    @staticmethod
    def is_one(folder: Path) -> bool:
        """Say whether a transformers folder holds a seq2seq model."""
        try:
            config = read_config(folder)
        except ModelError:
            return False
        kinds = config.get("architectures")
        writes = isinstance(kinds, list) and any("ConditionalGeneration" in str(kind) for kind in kinds)
        return writes or bool(config.get("is_encoder_decoder"))

    @classmethod
    def _from_transformers(cls, place: Path | str, device: str | None) -> Summariser:
        try:
            import torch
            from transformers import AutoModelForSeq2SeqLM
        except ImportError:
            raise MissingExtraError("torch and transformers", "train", f"opening {place}") from None
        try:
            options = {"dtype": torch.float32, "use_safetensors": True, "trust_remote_code": False}
            model = AutoModelForSeq2SeqLM.from_pretrained(place, **options)
            tokenizer = open_auto_tokenizer(place)
        except MissingExtraError:
            raise
        except Exception as error:  # safetensors' own errors share no base with the others
            hint = "" if isinstance(place, Path) else "; give the path of a local folder"
            raise ModelError(f"{place} cannot be opened as a summariser: {str(error).splitlines()[0]}{hint}") from None
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        model.to(device).eval()
        config, shape = model.generation_config, model.config
        # of one put together from two encoders, the first and last mark of its tokenizer, if the configs name none
        end = _first(config.eos_token_id, getattr(shape, "eos_token_id", None), tokenizer.eos_token_id,
                     tokenizer.sep_token_id)  # fmt: skip
        start = _first(
            config.decoder_start_token_id, getattr(shape, "decoder_start_token_id", None), config.bos_token_id,
            getattr(shape, "eos_token_id", None), tokenizer.cls_token_id, 0,
        )  # fmt: skip
        # what the decoder is always given first, and the marks that the tokenizer puts round a text
        opening = [start] if config.forced_bos_token_id is None else [start, config.forced_bos_token_id]
        marked = tokenizer.backend_tokenizer.encode("نص")
        body = [place for place, special in enumerate(marked.special_tokens_mask) if not special]
        before, after = marked.ids[: body[0]], marked.ids[body[-1] + 1 :]
        ids = {"start_id": start, "end_id": end[0] if isinstance(end, list) else end}
        settings = read_settings(
            SummariserSettings, {**stored_settings(model), **ids, "unknown_id": tokenizer.unk_token_id}, place
        )
        read, written = (
            min(positions_of(getattr(shape, half, shape), half), MOST_POSITIONS) for half in ("encoder", "decoder")
        )
        settings = replace(settings, max_source=min(settings.max_source, read))

        padding = _first(tokenizer.pad_token_id, getattr(shape, "pad_token_id", None), 0)
        decoder = torch_decoder(model, opening=opening, before=before, after=after, padding=padding)
        return cls(
            decoder, tokenizer.backend_tokenizer, settings, marks=len(before) + max(len(after), 1),
            longest=written - len(opening), together=16 if on_gpu(device) else 4,
        )  # fmt: skip

    def _pieces(self, text: str) -> list[int]:
        return self._tokenizer.encode(f" {text}" if self._byte_level else text, add_special_tokens=False).ids

    def summarise(self, text: str, **options) -> Summary:
        """Summarise one text.

        Args:
            text: any string.
            options: as ``summarise_all`` takes them.

        Returns:
            The summary, with the method that made it.

        Raises:
            ValueError: if an option has a value that is not allowed.
        """
        return self.summarise_all([text], **options)[0]

    def summarise_all(
        self, texts: Sequence[str], *, style: str = "headline", max_words: int | None = None, min_words: int = 1,
        method: str = "auto", grounded: bool = True, beams: int | None = None, length_penalty: float | None = None,
        batch_size: int | None = None,
    ) -> list[Summary]:  # fmt: skip
        """Summarise texts.

        Args:
            texts: any strings.
            style: ``"headline"`` or ``"brief"``.
            max_words: the most words; None takes the style's.
            min_words: the fewest words, as far as the text has them.
            method: ``"auto"``, ``"abstractive"`` or ``"extractive"``.
            grounded: write only words of the text and function words. Without it ``"auto"`` still gives no word that
                the text lacks: a headline that has one is written anew under the constraint.
            beams: width of the search, 1 for a greedy one; None takes the model's.
            length_penalty: exponent of the length that scores are divided by, higher for longer summaries; None takes
                the model's.
            batch_size: articles that are read and written at once; None takes ``together``.

        Returns:
            The summaries, with the method that made each.

        Raises:
            ValueError: if style or method is unknown, a number of words, beams or articles is no positive whole number,
                ``min_words`` is more than ``max_words`` or the style's, or beams or penalty are beyond all bounds.
        """
        check_summary(
            style=style, max_words=max_words, min_words=min_words, method=method, beams=beams,
            length_penalty=length_penalty, batch_size=batch_size,
        )  # fmt: skip
        stated = {"beams": beams, "length_penalty": length_penalty}
        settings = replace(self.settings, **{name: value for name, value in stated.items() if value is not None})
        most = STYLES[style] if max_words is None else max_words
        made = [_ask(text, most, min_words) for text in texts]
        places = [place for place, one in enumerate(made) if isinstance(one, Asked)]
        reasons = dict.fromkeys(places, self._refusal(style, method))
        if self.writes(style, method):
            asked = [made[place] for place in places]
            for place, found in zip(places, self._written(asked, settings, grounded, method, batch_size), strict=True):
                if isinstance(found, Summary):
                    made[place] = found
                else:
                    reasons[place] = found
        return [
            extract(one, style, reasons[place]) if isinstance(one, Asked) else one
            for place, one in enumerate(made)
        ]

    def writes(self, style: str, method: str) -> bool:
        """Say whether the model is asked to write at all in a style, by a method."""
        return method != "extractive" and self._refusal(style, method) is None

    def _refusal(self, style: str, method: str) -> str | None:
        """Say why the model is not asked to write; None where it is, or nobody wants it to."""
        if method == "extractive":
            return None
        if style not in self.settings.styles:
            return f"this model does not write in the style {style}"
        if method == "auto" and self.settings.sure_from is not None and self.settings.sure_from >= 0:
            # no log-probability reaches 0: writing would be for nothing
            return "on validation articles the model's headlines served less well than the article's sentences"
        return None

    def _written(
        self, asked: Sequence[Asked], settings: SummariserSettings, grounded: bool, method: str, batch_size: int | None
    ) -> list[Summary | str]:
        """Write; in the place of what will not do stands why."""
        written = self.write_all(asked, grounded=grounded, settings=settings, batch_size=batch_size)
        checked = [support(headline, one.text) for one, (headline, _) in zip(asked, written, strict=True)]
        if not grounded and method == "auto":
            again = [index for index, (_, missing) in enumerate(checked) if missing]
            anew = self.write_all([asked[index] for index in again], settings=settings, batch_size=batch_size)
            for index, found in zip(again, anew, strict=True):
                written[index], checked[index] = found, support(found[0], asked[index].text)
        found: list[Summary | str] = []
        for one, (headline, sureness), (share, missing) in zip(asked, written, checked, strict=True):
            unsure = settings.sure_from is not None and sureness < settings.sure_from
            if headline and (method == "abstractive" or not (missing or unsure)):
                found.append(Summary(headline, "abstractive", share, _sources(headline, sentences(one.text))))
            elif not headline:
                found.append("the model wrote nothing whole")
            else:
                found.append(
                    f"not in the text: {', '.join(missing)}" if missing else "the model was not sure of its headline"
                )
        return found

    def write(self, text: str, max_words: int, *, min_words: int = 1, grounded: bool = True) -> tuple[str, float]:
        """Decode a headline, whatever its worth.

        Args:
            text: any Arabic text.
            max_words: the most words.
            min_words: the fewest words.
            grounded: write only words of the text and function words.

        Returns:
            The headline and its mean log-probability a piece; an empty one if no hypothesis came to an end.
        """
        return self.write_all([Asked(text, max_words, min_words)], grounded=grounded)[0]

    def write_all(
        self, asked: Sequence[Asked], *, grounded: bool = True, settings: SummariserSettings | None = None,
        batch_size: int | None = None,
    ) -> list[tuple[str, float]]:  # fmt: skip
        """Decode headlines together, whatever their worth.

        Args:
            asked: the texts, with the words that each headline may have.
            grounded: write only words of the text and function words.
            settings: how to search; None takes the model's.
            batch_size: articles that are read and written at once; None takes ``together``, fewer in a wide search.

        Returns:
            Each headline and its mean log-probability a piece; an empty one if no hypothesis came to an end.
        """
        settings = settings or self.settings
        # a wide search takes the memory of many articles
        size = batch_size or max(1, min(self.together, 4 * self.together // settings.beams))
        return [
            found for at in range(0, len(asked), size)
            for found in self._write_together(asked[at : at + size], grounded, settings)
        ]  # fmt: skip

    def _write_together(
        self, asked: Sequence[Asked], grounded: bool, settings: SummariserSettings
    ) -> list[tuple[str, float]]:
        cleaned = [self._clean(one.text) for one in asked]
        scores = self._decoder([
            [*self._read(one.text, clean), settings.end_id] for one, clean in zip(asked, cleaned, strict=True)
        ])  # fmt: skip

        def of_pieces(owners: list[int], prefixes: list[tuple[int, ...]]) -> np.ndarray:
            # a model may have more rows than its tokenizer has pieces, or fewer: it cannot write those
            found = scores(owners, prefixes)[:, : self._size]
            return np.pad(found, ((0, 0), (0, self._size - found.shape[1])), constant_values=-np.inf)

        searches = [
            self._search(one, clean if grounded else None, settings) for one, clean in zip(asked, cleaned, strict=True)
        ]
        found = search_together(of_pieces, searches)
        return [self._best(one, hypotheses) for one, hypotheses in zip(asked, found, strict=True)]

    def _search(self, asked: Asked, clean: str | None, settings: SummariserSettings) -> Search:
        """Begin a search, among the words of a text where one is given."""
        banned = set(self._specials) - {settings.end_id}
        if settings.unknown_id is not None:
            banned.add(settings.unknown_id)
        most = asked.max_words * 4 if self._longest is None else min(asked.max_words * 4, self._longest)
        return beam_search(
            end=settings.end_id, beams=settings.beams, max_pieces=most,
            trie=None if clean is None else self._trie(clean), banned=banned, length_penalty=settings.length_penalty,
            no_repeat=settings.no_repeat, no_repeat_words=settings.no_repeat_words, marks=self._free,
            word_starts=self._starts, max_words=asked.max_words, min_words=asked.min_words,
        )  # fmt: skip

    def _best(self, asked: Asked, hypotheses: Sequence[Hypothesis]) -> tuple[str, float]:
        """Take the first that is a headline."""
        spelling = SourceSpelling(asked.text, self.settings.profile) if self._folds else None
        for hypothesis in hypotheses:
            headline = _tidy(self._tokenizer.decode(list(hypothesis.pieces)))
            if spelling:
                headline = spelling.of(headline)
            matter = any(not is_function_word(headline[start:end]) for start, end in words(headline))
            if matter and max(3, asked.min_words) <= len(headline.split()) <= asked.max_words:
                return headline, hypothesis.worth(1.0)
        return "", -float("inf")

    def _read(self, text: str, clean: str) -> list[int]:
        """Give the pieces that the encoder reads.

        Of a long text they are its beginning and the sentences that tell the rest, in order; what is left of the room
        the text fills from where the beginning ends.
        """
        pieces, room = self._pieces(clean), self._room
        if len(pieces) <= room:
            return pieces
        found = sentences(text)
        parts = [self._pieces(self._clean(sentence.text)) for sentence in found]
        ends = [*accumulate(map(len, parts), initial=0)]
        lead = int(room * _LEAD_SHARE)
        past = bisect_left(ends, lead)  # sentences that the beginning reaches into
        # a word takes about two pieces
        chosen = choose_sentences(found[past:], max_words=max((room - lead) // 2, 1), most=3, first=past)
        taken = [at for index in chosen for at in range(ends[past + index], ends[past + index + 1])][: room - lead]
        apart = set(taken)
        between = (at for at in range(lead, ends[-1]) if at not in apart)
        order = sorted([*range(lead), *taken, *islice(between, room - lead - len(taken))])
        flat = [piece for part in parts for piece in part]
        return [flat[at] for at in order if at < len(flat)] or pieces[:room]

    def _clean(self, text: str) -> str:
        return " ".join(normalise(without_surrogates(text), self.settings.profile).split())

    def _trie(self, text: str) -> WordTrie:
        """Allow the text's words, also with the article or another clitic dropped, and function words.

        A single letter may be the word's own: it goes only where the model knows what is left for one piece, a word.
        """
        allowed: set[str] = set()
        for word in matter(text):
            allowed.add(word)
            for left, definite in without_clitics(word).items():
                if not unicodedata.combining(left[0]) and (definite or len(self._pieces(left)) == 1):
                    allowed.add(left)
        pieces = [self._pieces(word) for word in sorted(allowed)]
        return WordTrie([*pieces, *self._function_words], self._free)


def _ask(text: str, most: int, least: int) -> Asked | Summary:
    """Bound the words that a text's summary may have; a text that is none, or too short, is given back."""
    if (reason := unreadable(text)) is not None:
        return Summary(text, "source", reason=reason)
    count = len(text.split())
    if count <= max(min(most, SHORTEST), 1):
        return Summary(text, "source", sources=(_whole(text),), reason=f"short: the text has {count} words")
    most = min(most, count)  # never longer than the text
    return Asked(text, most, min(least, most))


def _first(*ids):
    return next((index for index in ids if index is not None), None)


def _whole(text: str) -> Span:
    return Span(text, 0, len(text))


def _sources(summary: str, found: list[Sentence]) -> tuple[Span, ...]:
    """Find the fewest sentences, taken greedily, that hold the summary's words."""
    left = {*matter(summary)}
    known = [SourceWords(sentence.text) for sentence in found]
    holds = [{word for word in left if word in words_of} for words_of in known]

    def held(index: int) -> set[str]:
        return left & holds[index]

    chosen: list[int] = []
    while left:
        best = max(range(len(found)), key=lambda index: len(held(index)), default=None)
        gained = held(best) if best is not None else set()
        if not gained:
            break
        chosen.append(best)
        left -= gained
    return tuple(Span(found[index].text, found[index].start, found[index].end) for index in sorted(chosen))


def _tidy(text: str) -> str:
    """Drop marks that have no partner, and punctuation at the ends but for a number's sign."""
    # pieces of a WordPiece vocabulary leave a space on both sides of every mark
    text = _BEFORE_MARK.sub("", _QUOTED.sub(r"\1\2\3", " ".join(text.split())))
    whole = balanced(text).rstrip(" ،؛:.,-–—/")
    bare = whole.lstrip(" ،؛:.,-–—/")
    return f"-{bare}" if bare[:1].isdigit() and whole.removesuffix(bare).endswith("-") else bare
