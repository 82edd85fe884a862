"""``Summariser``: a headline or a brief whose every word stands in the article."""

from __future__ import annotations

import unicodedata
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from pathlib import Path

import numpy as np

from tasrih.errors import MissingExtraError, ModelError, named
from tasrih.models.auto_tokenizer import open_auto_tokenizer
from tasrih.models.decoding import WordTrie, beam_search
from tasrih.models.encoding import open_tokenizer, panics_as_errors, without_surrogates
from tasrih.models.engines import OnnxEngine
from tasrih.models.extractive import balanced, choose_sentences, cut_headline, join_sentences, shorten
from tasrih.models.files import ModelFolder, is_exported, locate, open_folder, read_config
from tasrih.models.headline_ranker import HeadlineRanker
from tasrih.models.headline_weights import bundled_weights
from tasrih.models.safety import MOST_POSITIONS, check_archive, check_graph, check_transformers_folder
from tasrih.models.source_spelling import SourceSpelling
from tasrih.models.stored import read_settings
from tasrih.results import Span, Summary
from tasrih.text.language import unreadable
from tasrih.text.normalise import normalise, steps_of
from tasrih.text.sentences import Sentence, sentences
from tasrih.text.words import FUNCTION_WORDS, SourceWords, is_function_word, matter, support, without_clitics, words

#: Style to its words at most.
STYLES = {"headline": 14, "brief": 60}
METHODS = ("auto", "abstractive", "extractive")

#: A wider search only takes time.
MOST_BEAMS = 64

#: Beyond it a power of the length is no number.
MOST_PENALTY = 10

#: No text model has more pieces; a larger id only asks for memory.
MOST_PIECES = 1_000_000

#: Words under which a text is its own summary.
SHORTEST = 8

# of a text that is too long for the encoder, its beginning takes this share of the room
_LEAD_SHARE = 0.75

#: Encoder states to a function from prefixes (tuples of pieces) to next-token logits.
Decoder = Callable[[list[int]], Callable[[list[tuple[int, ...]]], np.ndarray]]


@dataclass(frozen=True)
class SummariserSettings:
    """What a summariser needs beside its weights."""

    profile: str = "lossless"
    """Normalisation profile that it reads and writes."""
    max_source: int = 512
    """Tokens of the article that it reads."""
    styles: tuple[str, ...] = ("headline",)
    """Styles that it was trained for; others are extractive."""
    start_id: int = 0
    """First token of the decoder."""
    end_id: int = 1
    """The end mark."""
    unknown_id: int | None = 2
    """Never written."""
    read_first: int | None = None
    """Mark that an exported encoder is given before a text; None puts none."""
    written_first: int | None = None
    """Mark that an exported decoder is given after ``start_id``; None puts none."""
    max_target: int | None = None
    """Pieces that an exported decoder writes at most; None sets no bound."""
    beams: int = 4
    """Width of the search."""
    length_penalty: float = 1.0
    """Exponent of the length that scores are divided by."""
    no_repeat: int = 0
    """No run of this many pieces is written twice; 0 allows it."""
    no_repeat_words: int = 2
    """No run of this many words is written twice, and no word next to itself; 0 allows it."""
    sure_from: float | None = None
    """Mean log-probability of a piece under which ``auto`` gives the extractive summary; fitted on validation."""

    def __post_init__(self) -> None:
        if not 8 <= self.max_source <= MOST_POSITIONS:
            raise ValueError(f"max_source must lie between 8 and {MOST_POSITIONS:,}, not {self.max_source!r}")
        if not 1 <= self.beams <= MOST_BEAMS:
            raise ValueError(f"beams must lie between 1 and {MOST_BEAMS}, not {self.beams!r}")
        if not abs(self.length_penalty) <= MOST_PENALTY:
            raise ValueError(f"length_penalty must lie within {MOST_PENALTY} of 0, not {self.length_penalty!r}")
        for style in self.styles:
            if style not in STYLES:
                raise ValueError(f"unknown style {style!r} in styles: choose from {', '.join(STYLES)}")
        marks = ("start_id", "end_id", "unknown_id", "read_first", "written_first")
        for name in (*marks, "max_target", "no_repeat", "no_repeat_words"):
            if (value := getattr(self, name)) is not None and value < 0:
                raise ValueError(f"{name} must not be negative, not {value!r}")
        if self.max_target == 0:
            raise ValueError("max_target must be 1 at least, or null for no bound")
        steps_of(self.profile)


def stored_settings(model) -> dict:
    """Take what a transformers model's configs state of the settings of a summariser.

    Args:
        model: the model, with its generation config.

    Returns:
        Settings by name: what its config holds under ``tasrih``, then what its generation config, or that of an old
        model its config, states of the search. Where a rule for repeated pieces is stated, there is none for words.
    """
    own = dict(getattr(model.config, "tasrih", None) or {})
    stated = {**model.config.to_diff_dict(), **model.generation_config.to_diff_dict()}
    theirs = {"beams": "num_beams", "length_penalty": "length_penalty", "no_repeat": "no_repeat_ngram_size"}
    found = {name: stated[other] for name, other in theirs.items() if stated.get(other) is not None}
    names = ("profile", "max_source", "styles", "sure_from", "no_repeat_words", *theirs)
    found |= {name: own[name] for name in names if name in own}
    return {"no_repeat_words": 0, **found} if found.get("no_repeat") else found


def check_summary(
    *, style: str = "headline", max_words: int | None = None, min_words: int = 1, method: str = "auto"
) -> None:
    """Hold what is asked of a summariser against what there is.

    Args:
        style: of ``STYLES``.
        max_words: the most words; None takes the style's.
        min_words: the fewest words.
        method: of ``METHODS``.

    Raises:
        ValueError: if style or method is unknown, a number of words is no positive whole number, or the fewest are more
            than the most.
    """
    if style not in STYLES:
        raise ValueError(f"unknown style {style!r}: choose from {', '.join(STYLES)}")
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: choose from {', '.join(METHODS)}")
    for name, value in (("max_words", STYLES[style] if max_words is None else max_words), ("min_words", min_words)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a positive whole number, not {value!r}")
    most = STYLES[style] if max_words is None else max_words
    if min_words > most:
        raise ValueError(f"min_words {min_words} is more than max_words, {most}")


class Summariser:
    """A seq2seq summariser with grounded decoding, and the extractive one it falls back on.

    Example:
        >>> Summariser.from_pretrained("summary").summarise("نص قصير جدا.").method
        'source'
    """

    def __init__(
        self, decoder: Decoder, tokenizer, settings: SummariserSettings, *, marks: int = 1, longest: int | None = None
    ) -> None:
        """Put a summariser together.

        Args:
            decoder: encodes source ids and gives the scores of next tokens.
            tokenizer: a ``tokenizers.Tokenizer`` whose word-initial pieces begin with ``▁`` or ``Ġ``
                (byte-level), or whose continuations begin with ``##``.
            settings: as stored with the model.
            marks: special tokens that ``decoder`` puts round a text, the end mark among them.
            longest: the most pieces that can be written; None sets no bound.

        Raises:
            ValueError: if an id of a piece asks for too much memory.
        """
        self.settings = settings
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
            decoder, tokenizer = _onnx_decoder(folder, settings), open_tokenizer(folder.file("tokenizer.json"))
            try:
                # parts that do not fit each other are found before any use, such as a piece without a row
                decoder([max(tokenizer.get_vocab().values()), settings.end_id])([()])
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
        halves = (getattr(shape, half, shape) for half in ("encoder", "decoder"))
        read, written = (_positions(half, part) for half, part in zip(halves, ("encoder", "decoder"), strict=True))
        settings = replace(settings, max_source=min(settings.max_source, read))

        def encode(ids: list[int]):
            inputs = torch.tensor([[*before, *ids[:-1], *(after or ids[-1:])]], device=device)
            with torch.no_grad():
                states = model.get_encoder()(input_ids=inputs).last_hidden_state

            def logits(prefixes: list[tuple[int, ...]]) -> np.ndarray:
                from transformers.modeling_outputs import BaseModelOutput

                rows = torch.tensor([[*opening, *prefix] for prefix in prefixes], device=device)
                outputs = BaseModelOutput(last_hidden_state=states.expand(len(prefixes), -1, -1))
                with torch.no_grad():
                    result = model(encoder_outputs=outputs, decoder_input_ids=rows).logits[:, -1]
                return result.float().cpu().numpy()

            return logits

        return cls(
            encode, tokenizer.backend_tokenizer, settings,
            marks=len(before) + max(len(after), 1), longest=written - len(opening),
        )  # fmt: skip

    def _pieces(self, text: str) -> list[int]:
        return self._tokenizer.encode(f" {text}" if self._byte_level else text, add_special_tokens=False).ids

    def summarise(
        self, text: str, *, style: str = "headline", max_words: int | None = None, method: str = "auto",
        min_words: int = 1, grounded: bool = True,
    ) -> Summary:  # fmt: skip
        """Summarise one text.

        Args:
            text: any string.
            style: ``"headline"`` or ``"brief"``.
            max_words: the most words; None takes the style's.
            method: ``"auto"``, ``"abstractive"`` or ``"extractive"``.
            min_words: the fewest words, as far as the text has them.
            grounded: write only words of the text and function words. Without it ``"auto"`` still gives no word that
                the text lacks: a headline that has one is written anew under the constraint.

        Returns:
            The summary, with the method that made it.

        Raises:
            ValueError: if style or method is unknown, a number of words is no positive whole number, or ``min_words``
                is more than ``max_words`` or the style's.
        """
        check_summary(style=style, max_words=max_words, min_words=min_words, method=method)
        limit = STYLES[style] if max_words is None else max_words
        if (reason := unreadable(text)) is not None:
            return Summary(text, "source", reason=reason)
        count = len(text.split())
        if count <= max(min(limit, SHORTEST), 1):
            return Summary(text, "source", sources=(_whole(text),), reason=f"short: the text has {count} words")
        limit = min(limit, count)  # never longer than the text
        min_words = min(min_words, limit)
        found = sentences(text)
        reason = None
        if method != "extractive":
            if style not in self.settings.styles:
                reason = f"this model does not write in the style {style}"
            elif method == "auto" and self.settings.sure_from is not None and self.settings.sure_from >= 0:
                # no log-probability reaches 0: writing would be for nothing
                reason = "on validation articles the model's headlines served less well than the article's sentences"
            else:
                headline, sureness = self.write(text, limit, min_words=min_words, grounded=grounded)
                share, missing = support(headline, text)
                if missing and not grounded and method == "auto":
                    headline, sureness = self.write(text, limit, min_words=min_words, grounded=True)
                    share, missing = support(headline, text)
                unsure = self.settings.sure_from is not None and sureness < self.settings.sure_from
                if headline and (method == "abstractive" or not (missing or unsure)):
                    return Summary(headline, "abstractive", share, _sources(headline, found))
                reason = "the model was not sure of its headline"
                if not headline:
                    reason = "the model wrote nothing whole"
                elif missing:
                    reason = f"not in the text: {', '.join(missing)}"
        return self._extract(text, found, style, limit, min_words, reason)

    def _extract(
        self, text: str, found: list[Sentence], style: str, limit: int, least: int, reason: str | None
    ) -> Summary:
        if style == "headline":
            cut = cut_headline(
                text, bundled_weights(), max_words=limit, min_words=least, within=found,
                ranker=HeadlineRanker.bundled(),
            )  # fmt: skip
            if cut:
                source = found[cut.window.sentence]
                span = Span(source.text, source.start, source.end)
                return Summary(cut.window.read(text), "extractive", 1.0, (span,), reason, cut.sureness)
        # one sentence for a headline, three for a brief of sixty words; more where more words are asked for
        most = 1 if style == "headline" else max(3, limit // 20)
        while True:
            chosen = [found[index] for index in choose_sentences(found, max_words=limit, most=most)]
            if most >= len(found) or sum(len(sentence.text.split()) for sentence in chosen) >= least:
                break
            most *= 2
        made = join_sentences(chosen)
        if len(chosen) == 1 or not _is_within(made, least, limit):
            if not _is_within(made, least, None):  # no choice of whole sentences has so many words
                chosen, made = found, join_sentences(found)
            made = shorten(made, limit, least)
        made = balanced(made)
        # a mark that parted two words leaves a space, until there is none
        while not _is_within(made, None, limit) and len(shorter := balanced(shorten(made, limit, least))) < len(made):
            made = shorter
        sources = tuple(Span(sentence.text, sentence.start, sentence.end) for sentence in _reached(chosen, made))
        return Summary(made, "extractive", 1.0, sources, reason)

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
        clean = self._clean(text)
        source = self._read(text, clean)
        trie = self._trie(clean) if grounded else None
        banned = set(self._specials) - {self.settings.end_id}
        if self.settings.unknown_id is not None:
            banned.add(self.settings.unknown_id)
        decoder = self._decoder([*source, self.settings.end_id])

        def scores(prefixes: list[tuple[int, ...]]) -> np.ndarray:
            # a model may have more rows than its tokenizer has pieces, or fewer: it cannot write those
            found = decoder(prefixes)[:, : self._size]
            return np.pad(found, ((0, 0), (0, self._size - found.shape[1])), constant_values=-np.inf)

        most = max_words * 4 if self._longest is None else min(max_words * 4, self._longest)
        hypotheses = beam_search(
            scores, end=self.settings.end_id, beams=self.settings.beams,
            max_pieces=most, trie=trie, banned=banned,
            length_penalty=self.settings.length_penalty, no_repeat=self.settings.no_repeat,
            no_repeat_words=self.settings.no_repeat_words, marks=self._free, word_starts=self._starts,
            max_words=max_words, min_words=min_words,
        )  # fmt: skip
        spelling = SourceSpelling(text, self.settings.profile) if self._folds else None
        for hypothesis in hypotheses:
            headline = _tidy(self._tokenizer.decode(list(hypothesis.pieces)))
            if spelling:
                headline = spelling.of(headline)
            matter = any(not is_function_word(headline[start:end]) for start, end in words(headline))
            if matter and max(3, min_words) <= len(headline.split()) <= max_words:
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


def _is_within(text: str, least: int | None, most: int | None) -> bool:
    count = len(text.split())
    return (least is None or count >= least) and (most is None or count <= most)


def _reached(chosen: list[Sentence], made: str) -> list[Sentence]:
    """Give those of the sentences, joined in order, that a beginning of them reaches into."""
    left, found = len(made.split()), []
    for sentence in chosen:
        found.append(sentence)
        left -= len(sentence.text.split())
        if left <= 0:
            break
    return found


def _first(*ids):
    return next((index for index in ids if index is not None), None)


def _positions(shape, half: str) -> int:
    """Give the tokens that an encoder or decoder has positions for; the most of all where they are relative."""
    names = (f"max_{half}_position_embeddings", "max_position_embeddings")
    count = _first(*(getattr(shape, name, None) for name in names), MOST_POSITIONS)
    # those of RoBERTa begin behind its padding
    return min(count - ((shape.pad_token_id or 0) + 1 if "roberta" in shape.model_type else 0), MOST_POSITIONS)


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
    whole = balanced(" ".join(text.split())).rstrip(" ،؛:.,-–—/")
    bare = whole.lstrip(" ،؛:.,-–—/")
    return f"-{bare}" if bare[:1].isdigit() and whole.removesuffix(bare).endswith("-") else bare


def _onnx_decoder(folder: ModelFolder, settings: SummariserSettings) -> Decoder:
    """Open the two graphs and the embedding table, stored int8 with a scale a row.

    What is written has a table of its own where the two are not the same, and may have a bias.
    """
    graphs = [folder.file("encoder.onnx"), folder.file("decoder.onnx")]
    for graph in graphs:
        check_graph(graph)
    encoder, step = map(OnnxEngine, graphs)
    packed = folder.file("embeddings.npz")
    check_archive(packed)
    try:
        table = np.load(packed, allow_pickle=False)
        embeddings = table["rows"].astype(np.float32) * table["scale"]
        written = embeddings
        if "written_rows" in table:
            written = table["written_rows"].astype(np.float32) * table["written_scale"]
        projection = np.ascontiguousarray(written.T) * table["output_scale"]
        bias = np.asarray(table.get("bias", 0.0), np.float32)
        if bias.shape not in ((), projection.shape[1:]):
            raise ValueError(f"its bias has the shape {bias.shape}")
    except (
        OSError, EOFError, KeyError, ValueError, TypeError, MemoryError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise ModelError(f"{packed} does not hold a table of embeddings ({error}): get the model again") from None
    if not (np.isfinite(projection).all() and np.isfinite(bias).all()):
        raise ModelError(f"{packed} holds what is no number: get the model again")
    for name, rows in (("start_id", written), ("end_id", written), ("read_first", embeddings),
                       ("written_first", written)):  # fmt: skip
        if not (getattr(settings, name) or 0) < len(rows):
            raise ModelError(f"{packed} has {len(rows):,} rows, and {name} is {getattr(settings, name):,}")
    before = [settings.read_first] * (settings.read_first is not None)
    opening = [settings.start_id, *[settings.written_first] * (settings.written_first is not None)]

    def encode(ids: list[int]):
        states = encoder.run({"inputs_embeds": embeddings[None, [*before, *ids]]})["states"]

        def logits(prefixes: list[tuple[int, ...]]) -> np.ndarray:
            rows = np.array([[*opening, *prefix] for prefix in prefixes])
            batch = {"inputs_embeds": written[rows], "states": np.repeat(states, len(rows), axis=0)}
            return step.run(batch)["hidden"] @ projection + bias

        return logits

    return encode
